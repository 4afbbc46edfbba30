import { ObjectStore } from "@kite/adapters/objects/ObjectStore"
import { objectStoreSuite } from "@kite/testkit/objects/ObjectStoreSuite"

objectStoreSuite("memory", ObjectStore.layerMemory, { largeBytes: 12_000_000, endsAtFirstByte: true })

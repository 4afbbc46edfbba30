import { ObjectStoreFileSystem } from "@kite/adapters/objects/ObjectStoreFileSystem"
import { Effect, Layer } from "effect"
import { objectStoreSuite } from "./ObjectStoreSuite.ts"
import { temporaryFolder } from "./TemporaryFolder.ts"

objectStoreSuite("file system", Layer.unwrap(Effect.map(temporaryFolder, ObjectStoreFileSystem.layer)), {
  largeBytes: 12_000_000,
  endsAtFirstByte: true
})

import { ObjectStoreFileSystem } from "@kite/adapters/objects/ObjectStoreFileSystem"
import { Effect, Layer } from "effect"
import { temporaryDirectory } from "../../../../test/parts/TemporaryDirectory.ts"
import { objectStoreSuite } from "./ObjectStoreSuite.ts"

objectStoreSuite("file system", Layer.unwrap(Effect.map(temporaryDirectory, ObjectStoreFileSystem.layer)), {
  largeBytes: 12_000_000,
  endsAtFirstByte: true
})

import { ObjectStoreFileSystem } from "@kite/adapters/objects/ObjectStoreFileSystem"
import { objectStoreSuite } from "@kite/testkit/objects/ObjectStoreSuite"
import { temporaryDirectory } from "@kite/testkit/processes/TemporaryDirectory"
import { Effect, Layer } from "effect"

objectStoreSuite(
  "file system",
  Layer.unwrap(Effect.map(temporaryDirectory, (directory) => ObjectStoreFileSystem.layer(directory))),
  {
    largeBytes: 12_000_000,
    endsAtFirstByte: true
  }
)

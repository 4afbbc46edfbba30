import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { ObjectStoreFileSystem } from "@kite/adapters/objects/ObjectStoreFileSystem"
import { Effect, Layer } from "effect"
import { objectStoreSuite } from "./ObjectStoreSuite.ts"

const folder = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "kite-objects-"))),
  (path) => Effect.promise(() => rm(path, { recursive: true, force: true }))
)

objectStoreSuite("file system", Layer.unwrap(Effect.map(folder, ObjectStoreFileSystem.layer)), {
  largeBytes: 12_000_000,
  endsAtFirstByte: true
})

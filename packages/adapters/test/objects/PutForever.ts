import { ObjectStore } from "@kite/adapters/objects/ObjectStore"
import { ObjectStoreFileSystem } from "@kite/adapters/objects/ObjectStoreFileSystem"
import { newKey } from "@kite/testkit/objects/Content"
import { Effect, Stream } from "effect"

// A process that tests kill: it uploads into the folder of its argument, stops at 1 MB and never ends.
const [, , directory = ""] = process.argv
const content = Stream.concat(Stream.make(new Uint8Array(1_000_000)), Stream.never)
const put = Effect.flatMap(newKey, (key) => ObjectStore.use((objects) => objects.put(key, content)))
Effect.runFork(Effect.provide(put, ObjectStoreFileSystem.layer(directory)))
setInterval(() => {}, 60_000)

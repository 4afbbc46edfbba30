import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdir, readdir, rm, stat, utimes, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { inspect } from "node:util"
import { NodeFileSystem } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import { ObjectStore, ObjectStoreError, ObjectStoreFull } from "@kite/adapters/objects/ObjectStore"
import { ObjectStoreFileSystem } from "@kite/adapters/objects/ObjectStoreFileSystem"
import { eventually } from "@kite/testkit/Eventually"
import { collect, endless, newKey, peakOf } from "@kite/testkit/objects/Content"
import { temporaryDirectory } from "@kite/testkit/processes/TemporaryDirectory"
import { Context, Deferred, Effect, Fiber, FileSystem, Layer, Schema, Stream } from "effect"

class Broken extends Schema.TaggedError<Broken>()("Broken", {}) {}

const open = (directory: string) =>
  Effect.map(Layer.build(ObjectStoreFileSystem.layer(directory)), (context) => Context.get(context, ObjectStore))

const incoming = (directory: string) => Effect.promise(() => readdir(join(directory, "incoming")))

it.effect("writes to a file that readers do not see, and removes it if the content fails or is interrupted", () =>
  Effect.gen(function* () {
    const directory = yield* temporaryDirectory
    const [objects, key, reached] = [yield* open(directory), yield* newKey, yield* Deferred.make<void>()]
    yield* Effect.flip(objects.put(key, Stream.concat(endless(1_000_000), Stream.fail(new Broken()))))
    assert.deepEqual(yield* incoming(directory), [])
    const stuck = Stream.fromEffect(Effect.andThen(Deferred.succeed(reached, undefined), Effect.never))
    const fiber = yield* Effect.forkChild(objects.put(key, Stream.concat(endless(1_000_000), stuck)))
    yield* Deferred.await(reached)
    assert.lengthOf(yield* incoming(directory), 1)
    yield* Fiber.interrupt(fiber)
    assert.deepEqual(yield* incoming(directory), [])
  })
)

it.effect("lets no other user of the machine read objects", () =>
  Effect.gen(function* () {
    const directory = yield* temporaryDirectory
    const [objects, key] = [yield* open(directory), yield* newKey]
    yield* objects.put(key, Stream.make(new Uint8Array(1)))
    const { mode } = yield* Effect.promise(() => stat(join(directory, key.slice(-2), key)))
    assert.strictEqual(mode & 0o777, 0o600)
  })
)

it.effect("skips names that are not its own", () =>
  Effect.gen(function* () {
    const directory = yield* temporaryDirectory
    const [objects, key] = [yield* open(directory), yield* newKey]
    yield* objects.put(key, Stream.make(new Uint8Array(1)))
    const other = key.slice(-2) === "00" ? "01" : "00"
    yield* Effect.promise(() => writeFile(join(directory, other, "README"), "foreign"))
    yield* Effect.promise(() => writeFile(join(directory, other, key), "the wrong folder"))
    yield* Effect.promise(() => mkdir(join(directory, other, `00000000-0000-4000-8000-0000000000${other}`)))
    const found = yield* Stream.runCollect(objects.list)
    assert.deepEqual(
      found.map((object) => object.key),
      [key]
    )
  })
)

it.effect("takes nothing more when less of the disk is free than is to stay free, and still gives what it has", () =>
  Effect.gen(function* () {
    const directory = yield* temporaryDirectory
    const key = yield* newKey
    yield* (yield* open(directory)).put(key, Stream.make(new Uint8Array(10)))
    const layer = ObjectStoreFileSystem.layer(directory, { minFreeBytes: Number.MAX_SAFE_INTEGER })
    const objects = Context.get(yield* Layer.build(layer), ObjectStore)
    assert.instanceOf(yield* Effect.flip(objects.put(yield* newKey, Stream.make(new Uint8Array(10)))), ObjectStoreFull)
    assert.deepEqual(yield* incoming(directory), [])
    assert.lengthOf(yield* collect(objects.get(key)), 10)
    yield* objects.remove(key)
  })
)

it.effect("fails with the disk's own error when the disk is full", () =>
  Effect.gen(function* () {
    const directory = yield* temporaryDirectory
    const fs = yield* FileSystem.FileSystem
    // /dev/full replaces the incoming file.
    const full = FileSystem.FileSystem.of({
      ...fs,
      open: (path, options) => (options?.flag === "wx" ? fs.open("/dev/full", { flag: "r+" }) : fs.open(path, options))
    })
    const layer = Layer.provide(
      ObjectStoreFileSystem.layerNoDeps(directory),
      Layer.succeed(FileSystem.FileSystem, full)
    )
    const [objects, key] = [Context.get(yield* Layer.build(layer), ObjectStore), yield* newKey]
    const error = yield* Effect.flip(objects.put(key, endless(100_000)))
    assert.instanceOf(error, ObjectStoreFull)
    assert.include(inspect(error, { depth: 10 }), "ENOSPC")
    assert.strictEqual((yield* Effect.flip(collect(objects.get(key))))._tag, "ObjectNotFound")
  }).pipe(Effect.provide(NodeFileSystem.layer))
)

it.live("never shows the upload of a killed process, and removes its file an hour later", () =>
  Effect.gen(function* () {
    const directory = yield* temporaryDirectory
    const child = yield* Effect.acquireRelease(
      Effect.sync(() =>
        spawn(process.execPath, [fileURLToPath(import.meta.resolve("./PutForever.ts")), directory], {
          stdio: "inherit"
        })
      ),
      (child) => Effect.sync(() => child.kill("SIGKILL"))
    )
    const written = Effect.promise(() =>
      readdir(join(directory, "incoming")).then(
        ([name = ""]) => stat(join(directory, "incoming", name)).then(({ size }) => size),
        () => 0
      )
    )
    yield* eventually(written, (size) => size === 1_000_000, "20 seconds")
    const ended = once(child, "exit")
    child.kill("SIGKILL")
    yield* Effect.promise(() => ended)

    const objects = yield* open(directory)
    assert.deepEqual(yield* Stream.runCollect(objects.list), [])
    const [name = ""] = yield* incoming(directory)
    const hourAgo = new Date(Date.now() - 3_601_000)
    yield* Effect.promise(() => writeFile(join(directory, "incoming", "of-a-live-process"), ""))
    yield* Effect.promise(() => utimes(join(directory, "incoming", name), hourAgo, hourAgo))
    yield* open(directory)
    const left = yield* eventually(incoming(directory), (names) => !names.includes(name))
    assert.deepEqual(left, ["of-a-live-process"])
  })
)

it.effect("uses little memory for an object of any size", () =>
  Effect.gen(function* () {
    const [objects, key] = [yield* open(yield* temporaryDirectory), yield* newKey]
    const { watched, peak } = peakOf(endless(64_000_000))
    assert.strictEqual(yield* objects.put(key, watched), 64_000_000)
    assert.isBelow(peak(), 2_000_000)
  })
)

it.effect("does not start if its folder cannot be created, and fails its check if the folder is gone", () =>
  Effect.gen(function* () {
    const directory = yield* temporaryDirectory
    yield* Effect.promise(() => writeFile(join(directory, "file"), ""))
    assert.instanceOf(yield* Effect.flip(open(join(directory, "file"))), ObjectStoreError)
    const objects = yield* open(join(directory, "gone"))
    yield* Effect.promise(() => rm(join(directory, "gone"), { recursive: true }))
    assert.instanceOf(yield* Effect.flip(objects.check), ObjectStoreError)
  })
)

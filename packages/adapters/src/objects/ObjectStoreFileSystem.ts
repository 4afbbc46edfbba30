import { randomUUID } from "node:crypto"
import { statfs } from "node:fs/promises"
import { dirname, join } from "node:path"
import { NodeFileSystem } from "@effect/platform-node"
import { ObjectKey } from "@kite/domain/documents/Document"
import { ByteSize, DateTime, Duration, Effect, FileSystem, Layer, Option, Schedule, Schema, Stream } from "effect"
import type { PlatformError } from "effect/PlatformError"
import { createDirectory, dataDirectoryError } from "../data/DataDirectory.ts"
import {
  type ByteRange,
  exactly,
  ObjectNotFound,
  ObjectStore,
  ObjectStoreError,
  ObjectStoreFull,
  type StoredObject,
  span
} from "./ObjectStore.ts"

/** An incoming file without a new byte for this long has no writer any more. */
const abandonedAfter = Duration.hours(1)

/** Bytes read from the disk at once. */
const readSize = 256 * 1024

/**
 * The last two hex digits are random in every version of UUID. The first ones of a UUIDv7 are the clock, so they would put
 * every object of the year into one folder.
 */
const shardOf = (key: string) => key.slice(-2).toLowerCase()
const shards = Array.from({ length: 256 }, (_, index) => index.toString(16).padStart(2, "0"))

const isKey = Schema.is(ObjectKey)
const isMissing = (error: PlatformError) => error.reason._tag === "NotFound"
/** Node's code of a full disk or an exhausted disk quota. */
const isFull = ({ reason }: PlatformError) => /ENOSPC|EDQUOT/.test(String(Reflect.get(reason.cause ?? {}, "code")))
const failed = (operation: string) => (cause: unknown) => new ObjectStoreError({ operation, cause })

const failedPut = (error: PlatformError) =>
  isFull(error)
    ? new ObjectStoreFull({ message: "The disk of the object store is full", cause: error })
    : failed("put")(error)

export interface FileSystemOptions {
  /** Free bytes on the disk below which no object is taken; 0 by default. */
  readonly minFreeBytes?: number
}

const make = Effect.fnUntraced(function* (directory: string, { minFreeBytes = 0 }: FileSystemOptions) {
  const fs = yield* FileSystem.FileSystem
  const incoming = join(directory, "incoming")
  const folderOf = (key: string) => join(directory, shardOf(key))
  const pathOf = (key: string) => join(folderOf(key), key)

  /** Makes the names in a folder survive a power cut. */
  const syncFolder = (folder: string) => Effect.scoped(Effect.flatMap(fs.open(folder), (opened) => opened.sync))

  const removeAbandoned = Effect.gen(function* () {
    const oldest = DateTime.toEpochMillis(yield* DateTime.now) - Duration.toMillis(abandonedAfter)
    for (const name of yield* fs.readDirectory(incoming)) {
      const path = join(incoming, name)
      const written = yield* Effect.option(fs.stat(path))
      const abandoned = Option.flatMap(written, ({ mtime }) => mtime).pipe(Option.filter((at) => at.getTime() < oldest))
      if (Option.isSome(abandoned)) yield* fs.remove(path, { force: true })
    }
  }).pipe(Effect.catchCause((cause) => Effect.logWarning("Abandoned uploads could not be removed", cause)))

  for (const name of ["incoming", ...shards]) {
    yield* Effect.tryPromise({
      try: () => createDirectory(join(directory, name)),
      catch: (cause) => dataDirectoryError(dirname(directory), cause)
    })
  }
  yield* syncFolder(directory)
  yield* removeAbandoned.pipe(Effect.repeat(Schedule.spaced("1 day")), Effect.forkScoped)

  /** Databases and logs share the disk: they must still have room when uploads have none. */
  const checkRoom = Effect.tryPromise({ try: () => statfs(directory), catch: failed("put") }).pipe(
    Effect.flatMap(({ bavail, bsize }) =>
      bavail * bsize < minFreeBytes
        ? new ObjectStoreFull({ message: `The object store keeps ${minFreeBytes} bytes of its disk free` })
        : Effect.void
    )
  )

  const put = Effect.fn("ObjectStoreFileSystem.put")(function* <E>(
    key: ObjectKey,
    content: Stream.Stream<Uint8Array, E>
  ) {
    if (minFreeBytes > 0) yield* checkRoom
    const temporary = join(incoming, `${key}.${randomUUID()}`)
    yield* Effect.addFinalizer(() => Effect.ignore(fs.remove(temporary, { force: true })))
    const file = yield* Effect.mapError(fs.open(temporary, { flag: "wx", mode: 0o600 }), failedPut)
    let sizeBytes = 0
    // An interrupted write could reach the next file with this descriptor, so each write completes.
    yield* Stream.runForEach(content, (chunk) => {
      sizeBytes += chunk.length
      return Effect.uninterruptible(Effect.mapError(file.writeAll(chunk), failedPut))
    })
    yield* file.sync.pipe(
      Effect.andThen(fs.rename(temporary, pathOf(key))),
      Effect.andThen(
        syncFolder(folderOf(key)).pipe(Effect.onError(() => Effect.ignore(fs.remove(pathOf(key), { force: true }))))
      ),
      Effect.mapError(failedPut),
      Effect.uninterruptible
    )
    return sizeBytes
  }, Effect.scoped)

  const get = Effect.fnUntraced(function* (key: ObjectKey, range?: ByteRange) {
    const refuse = (error: PlatformError) => (isMissing(error) ? new ObjectNotFound({ key }) : failed("get")(error))
    const path = pathOf(key)
    const { size } = yield* Effect.mapError(fs.stat(path), refuse)
    const { offset, length } = yield* span(range, ByteSize.toNumberUnsafe(size))
    return fs
      .stream(path, { offset, bytesToRead: length, chunkSize: readSize })
      .pipe(Stream.mapError(refuse), exactly(length))
  })

  const describe = (key: ObjectKey) =>
    fs.stat(pathOf(key)).pipe(
      Effect.map(({ type, size, mtime }): ReadonlyArray<StoredObject> => {
        if (type !== "File") return []
        const modifiedAt = DateTime.fromDateUnsafe(Option.getOrElse(mtime, () => new Date(0)))
        return [{ key, sizeBytes: ByteSize.toNumberUnsafe(size), modifiedAt }]
      }),
      Effect.catchIf(isMissing, () => Effect.succeed([]))
    )

  const listShard = (shard: string) =>
    fs.readDirectory(join(directory, shard)).pipe(
      Effect.map((names) => names.filter(isKey).filter((key) => shardOf(key) === shard)),
      Effect.flatMap((keys) => Effect.forEach(keys, describe, { concurrency: 16 })),
      Effect.map((found) => found.flat())
    )

  return ObjectStore.of({
    put,
    get: (key, range) => Stream.unwrap(get(key, range)),
    remove: Effect.fn("ObjectStoreFileSystem.remove")((key) =>
      Effect.mapError(fs.remove(pathOf(key), { force: true }), failed("remove"))
    ),
    list: Stream.fromIterable(shards).pipe(
      Stream.mapEffect(listShard),
      Stream.flattenIterable,
      Stream.mapError(failed("list"))
    ),
    check: Effect.mapError(fs.access(incoming, { writable: true }), failed("check"))
  })
})

const layerNoDeps = (directory: string, options: FileSystemOptions = {}) =>
  Layer.effect(ObjectStore, Effect.mapError(make(directory, options), failed("start")))

export const ObjectStoreFileSystem = {
  layerNoDeps,
  /**
   * Files of mode 0600 under `directory`, spread over 256 folders. An object is written to `incoming`, flushed and renamed,
   * so that it is visible as a whole or not at all, also after a power cut. Several processes may share the folder.
   */
  layer: (directory: string, options: FileSystemOptions = {}): Layer.Layer<ObjectStore, ObjectStoreError> =>
    Layer.provide(layerNoDeps(directory, options), NodeFileSystem.layer)
}

import type { ObjectKey } from "@kite/domain/documents/Document"
import { Context, DateTime, Effect, Layer, Schema, Stream } from "effect"

/** The store has no object of this key. */
export class ObjectNotFound extends Schema.TaggedError<ObjectNotFound>()("ObjectNotFound", { key: Schema.String }) {}

/** The store failed, refused or did not answer in time; `operation` is the method's name. */
export class ObjectStoreError extends Schema.TaggedError<ObjectStoreError>()("ObjectStoreError", {
  operation: Schema.String,
  cause: Schema.Defect()
}) {}

/** The store has no room for another object, or keeps what is left of it. */
export class ObjectStoreFull extends Schema.TaggedError<ObjectStoreFull>()("ObjectStoreFull", {
  message: Schema.String,
  cause: Schema.optionalKey(Schema.Defect())
}) {}

/** Bytes `start` to `end`, both inclusive, from 0. */
export interface ByteRange {
  readonly start: number
  readonly end: number
}

/** What a range asks of an object of `sizeBytes`: the whole of it without one. Fails where the range leaves the object. */
export const span = (
  range: ByteRange | undefined,
  sizeBytes: number
): Effect.Effect<{ readonly offset: number; readonly length: number }, ObjectStoreError> => {
  if (range === undefined) return Effect.succeed({ offset: 0, length: sizeBytes })
  const { start, end } = range
  if (start >= 0 && start <= end && end < sizeBytes) return Effect.succeed({ offset: start, length: end - start + 1 })
  const cause = new Error(`bytes ${start}-${end} do not lie within an object of ${sizeBytes} bytes`)
  return Effect.fail(new ObjectStoreError({ operation: "get", cause }))
}

/** Fails at the end of an object that came with less than its `length` bytes. */
export const exactly =
  (length: number) =>
  <E>(content: Stream.Stream<Uint8Array, E>): Stream.Stream<Uint8Array, E | ObjectStoreError> =>
    Stream.suspend(() => {
      let received = 0
      return content.pipe(
        Stream.map((chunk) => {
          received += chunk.length
          return chunk
        }),
        Stream.onEnd(
          Effect.suspend(() => {
            if (received === length) return Effect.void
            const cause = new Error(`${received} bytes came of ${length}`)
            return Effect.fail(new ObjectStoreError({ operation: "get", cause }))
          })
        )
      )
    })

export interface StoredObject {
  readonly key: ObjectKey
  readonly sizeBytes: number
  readonly modifiedAt: DateTime.Utc
}

/** Where the bytes of documents live. Keys are UUIDs; an object is written once and never changed. */
export class ObjectStore extends Context.Service<
  ObjectStore,
  {
    /**
     * Streams the content in, memory bounded whatever its size, and returns the bytes stored. Fails with the content's own
     * error, ObjectStoreFull or ObjectStoreError; after a failure or an interruption no object of that key is visible.
     */
    put<E>(
      key: ObjectKey,
      content: Stream.Stream<Uint8Array, E>
    ): Effect.Effect<number, E | ObjectStoreFull | ObjectStoreError>
    /** The object's bytes, or the given range of them, which must lie within the object. */
    get(key: ObjectKey, range?: ByteRange): Stream.Stream<Uint8Array, ObjectNotFound | ObjectStoreError>
    /** Idempotent: removing what is not there succeeds. */
    remove(key: ObjectKey): Effect.Effect<void, ObjectStoreError>
    /** Every object; the sweeper compares them with the database. Foreign names are passed over. */
    readonly list: Stream.Stream<StoredObject, ObjectStoreError>
    /** Cheap proof that the store answers. */
    readonly check: Effect.Effect<void, ObjectStoreError>
  }
>()("@kite/adapters/objects/ObjectStore") {
  /** Keeps every object in this process until it ends: for tests. */
  static readonly layerMemory = Layer.sync(ObjectStore, () => {
    const objects = new Map<ObjectKey, { readonly bytes: Buffer; readonly modifiedAt: DateTime.Utc }>()

    return ObjectStore.of({
      // Chunks are copied: their owner may use them again.
      put: Effect.fn("ObjectStoreMemory.put")(function* (key, content) {
        const chunks = yield* Stream.runCollect(Stream.map(content, (chunk) => new Uint8Array(chunk)))
        const bytes = Buffer.concat(chunks)
        objects.set(key, { bytes, modifiedAt: yield* DateTime.now })
        return bytes.length
      }),
      get: (key, range) =>
        Stream.suspend((): Stream.Stream<Uint8Array, ObjectNotFound | ObjectStoreError> => {
          const object = objects.get(key)
          if (object === undefined) return Stream.fail(new ObjectNotFound({ key }))
          return span(range, object.bytes.length).pipe(
            Effect.map(({ offset, length }) => new Uint8Array(object.bytes.subarray(offset, offset + length))),
            Stream.fromEffect
          )
        }),
      remove: (key) => Effect.sync(() => void objects.delete(key)),
      list: Stream.suspend(() =>
        Stream.fromIterable(
          Array.from(objects, ([key, { bytes, modifiedAt }]) => ({ key, sizeBytes: bytes.length, modifiedAt }))
        )
      ),
      check: Effect.void
    })
  })
}

import type { ObjectKey } from "@kite/domain/documents/Document"
import { Context, DateTime, Effect, Layer, Schema, Stream } from "effect"

/** The store has no object of this key. */
export class ObjectNotFound extends Schema.TaggedError<ObjectNotFound>()("ObjectNotFound", { key: Schema.String }) {}

/** The store failed, refused or did not reply in time. `operation` is the method's name; `start` for the layer itself. */
export class ObjectStoreError extends Schema.TaggedError<ObjectStoreError>()("ObjectStoreError", {
  operation: Schema.String,
  cause: Schema.Defect()
}) {
  override get message() {
    const text = this.cause instanceof Error ? this.cause.message : String(this.cause)
    return this.operation === "start" ? text : `Object store (${this.operation}): ${text}`
  }
}

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

/** Offset and length of the range in an object of `sizeBytes`; all of it without a range. Fails for a range outside. */
export const span = (
  range: ByteRange | undefined,
  sizeBytes: number
): Effect.Effect<{ readonly offset: number; readonly length: number }, ObjectStoreError> => {
  if (range === undefined) return Effect.succeed({ offset: 0, length: sizeBytes })
  const { start, end } = range
  if (start >= 0 && start <= end && end < sizeBytes) return Effect.succeed({ offset: start, length: end - start + 1 })
  const cause = new Error(`bytes ${start}-${end} are outside of an object of ${sizeBytes} bytes`)
  return Effect.fail(new ObjectStoreError({ operation: "get", cause }))
}

/** Fails at the end of an object that had fewer or more than `length` bytes. */
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
            const cause = new Error(`received ${received} bytes of ${length}`)
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
     * Stores the streamed content and returns its size in bytes; memory is bounded for any size. Fails with the content's
     * own error, ObjectStoreFull or ObjectStoreError; after a failure or an interruption no object of that key is visible.
     */
    put<E>(
      key: ObjectKey,
      content: Stream.Stream<Uint8Array, E>
    ): Effect.Effect<number, E | ObjectStoreFull | ObjectStoreError>
    /** The object's bytes, or a range of them, which must be inside the object. */
    get(key: ObjectKey, range?: ByteRange): Stream.Stream<Uint8Array, ObjectNotFound | ObjectStoreError>
    /** Idempotent: removing a missing object succeeds. */
    remove(key: ObjectKey): Effect.Effect<void, ObjectStoreError>
    /** Every object; the sweeper compares them with the database. Names that are not kite's are skipped. */
    readonly list: Stream.Stream<StoredObject, ObjectStoreError>
    /** Cheap proof that the store works. */
    readonly check: Effect.Effect<void, ObjectStoreError>
  }
>()("@kite/adapters/objects/ObjectStore") {
  /** Keeps every object in this process: for tests. */
  static readonly layerMemory = Layer.sync(ObjectStore, () => {
    const objects = new Map<ObjectKey, { readonly bytes: Buffer; readonly modifiedAt: DateTime.Utc }>()

    return ObjectStore.of({
      // Chunks are copied: their owner may reuse them.
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

import type { ObjectKey } from "@kite/domain/documents/Document"
import { Context, type DateTime, type Effect, Schema, type Stream } from "effect"

/** The store has no object of this key. */
export class ObjectNotFound extends Schema.TaggedError<ObjectNotFound>()("ObjectNotFound", { key: Schema.String }) {}

/** The store failed, refused or did not answer in time; `operation` is the method's name. */
export class ObjectStoreError extends Schema.TaggedError<ObjectStoreError>()("ObjectStoreError", {
  operation: Schema.String,
  cause: Schema.Defect()
}) {}

/** Bytes `start` to `end`, both inclusive, from 0. */
export interface ByteRange {
  readonly start: number
  readonly end: number
}

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
     * Streams the content in, memory bounded whatever its size, and answers the bytes stored. Fails with the content's own
     * error or ObjectStoreError; after a failure or an interruption no object of that key is visible.
     */
    put<E>(key: ObjectKey, content: Stream.Stream<Uint8Array, E>): Effect.Effect<number, E | ObjectStoreError>
    /** The object's bytes, or the given range of them, which must lie within the object. */
    get(key: ObjectKey, range?: ByteRange): Stream.Stream<Uint8Array, ObjectNotFound | ObjectStoreError>
    /** Idempotent: removing what is not there succeeds. */
    remove(key: ObjectKey): Effect.Effect<void, ObjectStoreError>
    /** Every object; the sweeper compares them with the database. Foreign names are passed over. */
    readonly list: Stream.Stream<StoredObject, ObjectStoreError>
    /** Cheap proof that the store answers. */
    readonly check: Effect.Effect<void, ObjectStoreError>
  }
>()("@kite/adapters/objects/ObjectStore") {}

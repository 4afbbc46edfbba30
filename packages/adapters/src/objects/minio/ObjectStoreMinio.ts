import { IncomingMessage } from "node:http"
import { NodeStream } from "@effect/platform-node"
import { ObjectKey } from "@kite/domain/documents/Document"
import { DateTime, Effect, Layer, Option, type Redacted, Schedule, Schema, Stream } from "effect"
import { type ByteRange, exactly, ObjectNotFound, ObjectStore, ObjectStoreError, span } from "../ObjectStore.ts"
import { abortAbandonedUploads } from "./AbandonedUploads.ts"
import { type Bucket, connectBucket, refusal, replyWithin } from "./Bucket.ts"
import { type BucketLocation, parseBucketLocation } from "./BucketLocation.ts"
import { Upload } from "./Upload.ts"

const isKey = Schema.is(ObjectKey)
const failure = (operation: string, message: string, cause?: unknown) =>
  new ObjectStoreError({ operation, cause: new Error(message, { cause }) })

const codeOf = (cause: unknown) => (cause instanceof Error && "code" in cause ? String(cause.code) : String(cause))

/** Why the bucket cannot be opened, and what to do. A server that is asked for a bucket tells no more than 403. */
const explainStart = (error: ObjectStoreError, { bucket, host, port }: BucketLocation) => {
  const [refused, at] = [refusal(error), `The object store at ${host}:${port}`]
  if (refused === undefined)
    return `${at} cannot be reached (${codeOf(error.cause)}): start it, or correct OBJECT_STORE_URL`
  if (refused === "InvalidBucketName" || refused === "BucketAlreadyExists") {
    return `${at} refuses the bucket name "${bucket}" (${refused}): choose another name in OBJECT_STORE_URL`
  }
  return `${at} refuses access to the bucket "${bucket}" (${refused}): correct KEY, SECRET and bucket in OBJECT_STORE_URL`
}

/** Creates the bucket if it is missing; two processes may do so at once. */
const ensureBucket = (bucket: Bucket, location: BucketLocation) => {
  const exists = bucket.repeatable("start", (client, name) => client.bucketExists(name))
  const create = bucket
    .repeatable("start", (client, name) => client.makeBucket(name, location.region))
    // Servers name it differently when another process was first.
    .pipe(Effect.catch((error) => Effect.flatMap(exists, (isThere) => (isThere ? Effect.void : Effect.fail(error)))))
  return exists.pipe(
    Effect.flatMap((isThere) => (isThere ? Effect.void : create)),
    Effect.catchIf(
      (error) => refusal(error) === "BucketAlreadyOwnedByYou",
      () => Effect.void
    ),
    Effect.mapError((error) => failure("start", explainStart(error, location), error.cause))
  )
}

const stopped = () => Effect.fail(failure("get", "the store stopped in the middle of an object"))

const get = Effect.fnUntraced(function* (bucket: Bucket, key: ObjectKey, range?: ByteRange) {
  const { offset, length } = yield* span(range, Number.MAX_SAFE_INTEGER)
  const response = yield* bucket
    .open("get", (client, name) => client.getPartialObject(name, key, offset, range === undefined ? 0 : length))
    .pipe(Effect.mapError((error) => (refusal(error) === "NoSuchKey" ? new ObjectNotFound({ key }) : error)))
  const announced = response instanceof IncomingMessage ? Number(response.headers["content-length"]) : Number.NaN
  // If the range ends beyond the object, S3 sends the part that exists.
  if (Number.isNaN(announced) || (range !== undefined && announced !== length)) {
    return yield* failure("get", `asked for ${length} bytes from ${offset} on, the store sends ${announced}`)
  }
  const content = NodeStream.fromReadable<Uint8Array, ObjectStoreError>({
    evaluate: () => response,
    onError: (cause) => new ObjectStoreError({ operation: "get", cause })
  })
  // Not Stream.timeoutOrElse, which reads ahead of a slow reader.
  return Stream.transformPull(content, (pull) =>
    Effect.succeed(Effect.timeoutOrElse(pull, { duration: replyWithin, orElse: stopped }))
  ).pipe(exactly(announced))
})

const listPage = Effect.fnUntraced(function* (bucket: Bucket, token: string) {
  const page = yield* bucket.repeatable("list", (client, name) =>
    client.listObjectsV2Query(name, "", token, "", 1000, "")
  )
  const { nextContinuationToken: next, isTruncated, objects } = page
  if (isTruncated && (next === "" || next === token)) {
    return yield* failure("list", "the store announces more objects without saying where")
  }
  const stored = objects.flatMap(({ name, size, lastModified }) =>
    isKey(name) && lastModified !== undefined
      ? [{ key: name, sizeBytes: size, modifiedAt: DateTime.fromDateUnsafe(lastModified) }]
      : []
  )
  return [stored, isTruncated ? Option.some(next) : Option.none<string>()] as const
})

const make = Effect.fnUntraced(function* (url: Redacted.Redacted<string>) {
  const location = yield* parseBucketLocation(url)
  const bucket = yield* connectBucket(location)
  yield* ensureBucket(bucket, location)
  yield* abortAbandonedUploads(bucket).pipe(
    // A server that cannot list multipart uploads leaves nothing to clean up.
    Effect.catchIf(
      (error) => refusal(error) === "NotImplemented",
      () => Effect.void
    ),
    Effect.catchCause((cause) => Effect.logWarning("Abandoned uploads could not be aborted", cause)),
    Effect.repeat(Schedule.spaced("1 day")),
    Effect.forkScoped
  )

  return ObjectStore.of({
    put: Effect.fn("ObjectStoreMinio.put")((key, content) =>
      Effect.suspend(() => {
        const upload = new Upload(bucket, key)
        return Stream.runForEach(content, upload.write).pipe(
          Effect.andThen(upload.finish),
          Effect.onError(() => upload.abandon)
        )
      })
    ),
    get: (key, range) => Stream.unwrap(get(bucket, key, range)),
    remove: Effect.fn("ObjectStoreMinio.remove")((key) =>
      bucket.repeatable("remove", (client, name) => client.removeObject(name, key))
    ),
    list: Stream.paginate("", (token) => listPage(bucket, token)),
    check: bucket
      .call("check", (client, name) => client.bucketExists(name))
      .pipe(
        Effect.filterOrFail(
          (exists) => exists,
          () => failure("check", "the bucket is missing")
        ),
        Effect.asVoid
      )
  })
})

export const ObjectStoreMinio = {
  /**
   * An S3 server (MinIO and its like) at `http://KEY:SECRET@host:9000/bucket?region=us-east-1`. The bucket is created if it
   * is missing. Every call ends, also on a server that hangs: after 15 s without a byte, after 60 s for a part of 5 MiB.
   */
  layer: (url: Redacted.Redacted<string>): Layer.Layer<ObjectStore, ObjectStoreError> =>
    Layer.effect(ObjectStore, make(url))
}

import { IncomingMessage } from "node:http"
import { NodeStream } from "@effect/platform-node"
import { ObjectKey } from "@kite/domain/documents/Document"
import { DateTime, Effect, Layer, Option, type Redacted, Schedule, Schema, Stream } from "effect"
import { abortAbandonedUploads } from "./minio/AbandonedUploads.ts"
import { answerWithin, type Bucket, connectBucket, refusal } from "./minio/Bucket.ts"
import { type BucketLocation, parseBucketLocation } from "./minio/BucketLocation.ts"
import { Upload } from "./minio/Upload.ts"
import { type ByteRange, exactly, ObjectNotFound, ObjectStore, ObjectStoreError, span } from "./ObjectStore.ts"

const isKey = Schema.is(ObjectKey)
const failure = (operation: string, message: string, cause?: unknown) =>
  new ObjectStoreError({ operation, cause: new Error(message, { cause }) })

/** Makes the bucket if it is missing; two processes may do so at once. */
const ensureBucket = (bucket: Bucket, { host, port, region, ...location }: BucketLocation) => {
  const exists = bucket.repeatable("start", (client, name) => client.bucketExists(name))
  const make = bucket
    .repeatable("start", (client, name) => client.makeBucket(name, region))
    // Whatever the server calls it when another process was first.
    .pipe(Effect.catch((error) => Effect.flatMap(exists, (isThere) => (isThere ? Effect.void : Effect.fail(error)))))
  return exists.pipe(
    Effect.flatMap((isThere) => (isThere ? Effect.void : make)),
    Effect.catchIf(
      (error) => refusal(error) === "BucketAlreadyOwnedByYou",
      () => Effect.void
    ),
    Effect.mapError(({ cause }) =>
      failure("start", `the bucket ${location.bucket} at ${host}:${port} can neither be opened nor made`, cause)
    )
  )
}

const stopped = () => Effect.fail(failure("get", "the store stopped in the middle of an object"))

const get = Effect.fnUntraced(function* (bucket: Bucket, key: ObjectKey, range?: ByteRange) {
  const { offset, length } = yield* span(range, Number.MAX_SAFE_INTEGER)
  const response = yield* bucket
    .open("get", (client, name) => client.getPartialObject(name, key, offset, range === undefined ? 0 : length))
    .pipe(Effect.mapError((error) => (refusal(error) === "NoSuchKey" ? new ObjectNotFound({ key }) : error)))
  const announced = response instanceof IncomingMessage ? Number(response.headers["content-length"]) : Number.NaN
  // Where the range ends beyond the object, S3 sends what there is.
  if (Number.isNaN(announced) || (range !== undefined && announced !== length)) {
    return yield* failure("get", `asked for ${length} bytes from ${offset} on, the store offers ${announced}`)
  }
  const content = NodeStream.fromReadable<Uint8Array, ObjectStoreError>({
    evaluate: () => response,
    onError: (cause) => new ObjectStoreError({ operation: "get", cause })
  })
  // Not Stream.timeoutOrElse: that one reads ahead of a slow reader.
  return Stream.transformPull(content, (pull) =>
    Effect.succeed(Effect.timeoutOrElse(pull, { duration: answerWithin, orElse: stopped }))
  ).pipe(exactly(announced))
})

const listPage = Effect.fnUntraced(function* (bucket: Bucket, token: string) {
  const page = yield* bucket.repeatable("list", (client, name) =>
    client.listObjectsV2Query(name, "", token, "", 1000, "")
  )
  const { nextContinuationToken: next, isTruncated, objects } = page
  if (isTruncated && (next === "" || next === token)) {
    return yield* failure("list", "the store says that there is more but not where")
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
    // A server that cannot list multipart uploads leaves nothing for kite to tidy up.
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
          () => failure("check", "the bucket is gone")
        ),
        Effect.asVoid
      )
  })
})

export const ObjectStoreMinio = {
  /**
   * An S3 server (MinIO and its like) at `http://KEY:SECRET@host:9000/bucket?region=us-east-1`. The bucket is made if it is
   * missing. Every call ends, also on a server that hangs: 15 s without an answer or a byte, 60 s for a part of 5 MiB.
   */
  layer: (url: Redacted.Redacted<string>): Layer.Layer<ObjectStore, ObjectStoreError> =>
    Layer.effect(ObjectStore, make(url))
}

import { createHash } from "node:crypto"
import type { ObjectKey } from "@kite/domain/documents/Document"
import { type Duration, Effect } from "effect"
import { ObjectStoreError } from "../ObjectStore.ts"
import { type Bucket, refusal } from "./Bucket.ts"

/** S3's smallest size of a part before the last; an upload keeps at most one part in memory. */
export const partBytes = 5 * 1024 * 1024

/** Time to send one part, or a smaller object: at least 87 KB/s. */
const partWithin: Duration.Input = "60 seconds"

interface Part {
  readonly part: number
  readonly etag: string
}

/**
 * One upload into a bucket: a single request up to `partBytes`, else a multipart upload of parts of that size, one after the
 * other. The client's own streaming put resumes other uploads, accepts a stream that ends early and leaves its parts behind
 * when it fails.
 */
export class Upload {
  readonly #bucket: Bucket
  readonly #key: ObjectKey
  #buffer: Buffer | undefined
  #filled = 0
  #sizeBytes = 0
  #uploadId: string | undefined
  #visible = false
  readonly #parts: Array<Part> = []

  constructor(bucket: Bucket, key: ObjectKey) {
    this.#bucket = bucket
    this.#key = key
  }

  /** Copies a chunk; uploads a part as soon as more than one part is there. */
  readonly write = (chunk: Uint8Array): Effect.Effect<void, ObjectStoreError> =>
    Effect.suspend(() => {
      this.#buffer ??= Buffer.allocUnsafeSlow(partBytes)
      const taken = chunk.subarray(0, partBytes - this.#filled)
      this.#buffer.set(taken, this.#filled)
      this.#filled += taken.length
      this.#sizeBytes += taken.length
      if (taken.length === chunk.length) return Effect.void
      return Effect.andThen(this.#uploadPart(), this.write(chunk.subarray(taken.length)))
    })

  /** Makes the object visible, checks what the server stored and returns its size. */
  readonly finish = Effect.fnUntraced({ self: this }, function* (this: Upload) {
    const etag = this.#parts.length === 0 ? yield* this.#putWhole() : yield* this.#complete()
    const stored = yield* this.#bucket.repeatable("put", (client, bucket) => client.statObject(bucket, this.#key))
    if (stored.size === this.#sizeBytes && stored.etag === etag) return this.#sizeBytes
    const cause = new Error(`sent ${this.#sizeBytes} bytes (${etag}), the store holds ${stored.size} (${stored.etag})`)
    return yield* new ObjectStoreError({ operation: "put", cause })
  })

  /** Removes what has reached the server. What cannot be removed now is logged and left to the sweeps. */
  readonly abandon = Effect.suspend(() => {
    const uploadId = this.#uploadId
    const abort =
      uploadId === undefined
        ? Effect.void
        : this.#bucket
            .repeatable("put", (client, bucket) => client.abortMultipartUpload(bucket, this.#key, uploadId))
            .pipe(Effect.catchIf(isUnknownUpload, () => Effect.void))
    const remove = this.#visible
      ? this.#bucket.repeatable("put", (client, bucket) => client.removeObject(bucket, this.#key))
      : Effect.void
    return Effect.andThen(abort, remove).pipe(
      Effect.catch((error) => Effect.logWarning("Parts of a failed upload remain in the object store", error))
    )
  })

  #content() {
    return (this.#buffer ?? Buffer.alloc(0)).subarray(0, this.#filled)
  }

  #putWhole() {
    this.#visible = true
    const content = this.#content()
    const headers = integrity(content)
    return this.#bucket.repeatable(
      "put",
      (client, bucketName) =>
        // putObject would copy the content first.
        client
          .makeRequestAsyncOmit({ method: "PUT", bucketName, objectName: this.#key, headers }, content)
          .then((response) => (response.headers.etag ?? "").replaceAll('"', "")),
      partWithin
    )
  }

  // Not interruptible: an upload without a known id could not be aborted. The call is bounded.
  #uploadIdOrNew = Effect.suspend(() =>
    this.#uploadId === undefined
      ? this.#bucket
          .call("put", (client, bucket) => client.initiateNewMultipartUpload(bucket, this.#key, {}))
          .pipe(
            Effect.tap((id) =>
              Effect.sync(() => {
                this.#uploadId = id
              })
            ),
            Effect.uninterruptible
          )
      : Effect.succeed(this.#uploadId)
  )

  #uploadPart = Effect.fnUntraced({ self: this }, function* (this: Upload) {
    const uploadID = yield* this.#uploadIdOrNew
    const [content, objectName, partNumber] = [this.#content(), this.#key, this.#parts.length + 1]
    const headers = integrity(content)
    const { etag } = yield* this.#bucket.repeatable(
      "put",
      (client, bucketName) => client.uploadPart({ bucketName, objectName, uploadID, partNumber, headers }, content),
      partWithin
    )
    this.#parts.push({ part: partNumber, etag })
    this.#filled = 0
    return uploadID
  })

  #complete = Effect.fnUntraced({ self: this }, function* (this: Upload) {
    const uploadId = yield* this.#uploadPart()
    this.#visible = true
    const completed = yield* this.#bucket.call(
      "put",
      (client, bucket) => client.completeMultipartUpload(bucket, this.#key, uploadId, this.#parts),
      partWithin
    )
    return completed.etag.replaceAll('"', "")
  })
}

/** The server refuses a body with another digest. */
const integrity = (content: Buffer) => ({ "content-md5": createHash("md5").update(content).digest("base64") })

const isUnknownUpload = (error: ObjectStoreError) => refusal(error) === "NoSuchUpload"

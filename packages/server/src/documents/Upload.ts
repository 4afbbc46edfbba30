import { createHash } from "node:crypto"
import type { ObjectStore, ObjectStoreError, ObjectStoreFull } from "@kite/adapters/objects/ObjectStore"
import { type ContentType, ObjectKey, Sha256 } from "@kite/domain/documents/Document"
import { InvalidUpload, QuotaExceeded, UnsupportedFile, UploadTooLarge } from "@kite/domain/documents/DocumentErrors"
import { sanitizeFilename } from "@kite/domain/documents/Filename"
import { ByteCount, type Quota } from "@kite/domain/users/Quota"
import { Effect, Stream } from "effect"
import { SecureRandom } from "effect/crypto"
import { ContentSniffer } from "./ContentSniffer.ts"
import type { File, Part } from "./multipart/Parts.ts"
import type { Reservation } from "./QuotaReservations.ts"

/** A file that lies in the object store and belongs to no document yet. */
export interface StoredFile {
  readonly objectKey: ObjectKey
  readonly filename: string
  readonly contentType: ContentType
  readonly sizeBytes: ByteCount
  readonly sha256: Sha256
}

export interface Allowance {
  readonly quota: Quota
  readonly maxUploadBytes: number
  /** Holds the quota of what has come so far against the account's other uploads. */
  readonly reservation: Reservation
}

/** Where the bytes of an upload go. */
export type Destination = Pick<ObjectStore["Service"], "put" | "remove">

type UploadProblem = InvalidUpload | QuotaExceeded | UploadTooLarge | UnsupportedFile

/** The problem of a file of at least this size, where it may not be that large. */
export const rejectSize = ({ quota, maxUploadBytes }: Omit<Allowance, "reservation">, size: number) => {
  const fields = { ...quota, rejectedBytes: ByteCount.make(size) }
  if (size > maxUploadBytes) return new UploadTooLarge({ ...fields, maxUploadBytes: ByteCount.make(maxUploadBytes) })
  return quota.usedBytes + size > quota.limitBytes ? new QuotaExceeded(fields) : undefined
}

/** A name that the client chose, short enough to be sent back. */
const quote = (name: string) => JSON.stringify(Array.from(name).slice(0, 60).join("").toWellFormed())

const unexpected = ({ _tag, key }: Part) => {
  if (key === "file") return new InvalidUpload({ detail: `There are two files named "file"; upload one at a time` })
  if (key === "filename" && _tag === "Field")
    return new InvalidUpload({ detail: 'There are two fields named "filename"' })
  const what = `${_tag === "File" ? "file" : "field"} ${quote(key)}`
  return new InvalidUpload({ detail: `Unexpected ${what}: an upload has a "file", and may have a "filename"` })
}

/** Streams one file into the store: counted, hashed and sniffed on the way, cut off where it may not go on. */
const storeFile = Effect.fnUntraced(function* (
  store: Destination,
  objectKey: ObjectKey,
  source: File["content"],
  allowance: Allowance
): Effect.fn.Return<Omit<StoredFile, "filename">, UploadProblem | ObjectStoreFull | ObjectStoreError> {
  const hash = createHash("sha256")
  const sniffer = new ContentSniffer()
  let size = 0
  const heldByOthers = () =>
    new QuotaExceeded({
      ...allowance.quota,
      rejectedBytes: ByteCount.make(size),
      detail: "Other uploads of this account hold what is left of the quota"
    })
  const take = (chunk: Uint8Array): Effect.Effect<Uint8Array, UploadProblem> => {
    size += chunk.length
    const problem = rejectSize(allowance, size)
    if (problem !== undefined) return Effect.fail(problem)
    if (!sniffer.push(chunk)) return Effect.fail(UnsupportedFile.of(sniffer.seen))
    hash.update(chunk)
    return Effect.flatMap(allowance.reservation.hold(size), (isHeld) =>
      isHeld ? Effect.succeed(chunk) : Effect.fail(heldByOthers())
    )
  }
  const content = Stream.mapEffect(source, take)
  yield* store.put(objectKey, content)
  const contentType = sniffer.finish()
  if (size === 0) return yield* new InvalidUpload({ detail: "The file is empty" })
  if (contentType === undefined) return yield* UnsupportedFile.of(sniffer.seen)
  return { objectKey, contentType, sizeBytes: ByteCount.make(size), sha256: Sha256.make(hash.digest("hex")) }
})

/**
 * Takes the multipart body: exactly one `file`, optionally a `filename` before or after it. The result is handed to `record`,
 * which is not interrupted: a client that leaves while its document is committed must not take the bytes along. Every other
 * failure removes them again, but for a defect of `record`, after which only the sweeper can tell whose they are.
 */
export const receiveUpload = Effect.fnUntraced(function* <A, E>(
  store: Destination,
  parts: Stream.Stream<Part, InvalidUpload>,
  allowance: Allowance,
  record: (file: StoredFile) => Effect.Effect<A, E>
) {
  const objectKey = ObjectKey.make(SecureRandom.uuidV4Unsafe())
  let removable = true
  const received: { file?: Omit<StoredFile, "filename">; name?: string; filename?: string } = {}

  const readPart = Effect.fnUntraced(function* (
    part: Part
  ): Effect.fn.Return<void, UploadProblem | ObjectStoreFull | ObjectStoreError> {
    if (part._tag === "Field" && part.key === "filename" && received.filename === undefined) {
      received.filename = part.value
    } else if (part._tag === "File" && part.key === "file" && received.file === undefined) {
      received.name = part.name ?? ""
      received.file = yield* storeFile(store, objectKey, part.content, allowance)
    } else {
      return yield* unexpected(part)
    }
  })

  const receive = Effect.fnUntraced(function* () {
    yield* Stream.runForEach(parts, readPart)
    if (received.file === undefined) return yield* new InvalidUpload({ detail: `There is no file named "file"` })
    const file = { ...received.file, filename: sanitizeFilename(received.filename ?? received.name ?? "") }
    removable = false
    return yield* Effect.uninterruptible(
      Effect.tapError(record(file), () =>
        Effect.sync(() => {
          removable = true
        })
      )
    )
  })

  const removeObject = Effect.suspend(() => (removable ? Effect.ignore(store.remove(objectKey)) : Effect.void))
  return yield* Effect.onError(receive(), () => removeObject)
})

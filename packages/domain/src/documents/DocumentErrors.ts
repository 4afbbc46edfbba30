import { Schema } from "effect"
import { Problem, problemType } from "../Problem.ts"
import { ByteCount } from "../users/Quota.ts"
import { DocumentId, DocumentStatus } from "./Document.ts"
import { FailureCode } from "./Extraction.ts"
import { kindNames, kinds } from "./Kinds.ts"

/** 413: the file does not fit into the rest of the quota. `rejectedBytes` is its size as far as known. */
export class QuotaExceeded extends Problem<QuotaExceeded>()(
  "QuotaExceeded",
  {
    type: problemType("quota-exceeded"),
    status: 413,
    title: "Quota exceeded"
  },
  { usedBytes: ByteCount, limitBytes: ByteCount, rejectedBytes: ByteCount }
) {}

/** 413: the file is larger than `maxUploadBytes`, the limit of every upload. */
export class UploadTooLarge extends Problem<UploadTooLarge>()(
  "UploadTooLarge",
  {
    type: problemType("upload-too-large"),
    status: 413,
    title: "File too large"
  },
  { usedBytes: ByteCount, limitBytes: ByteCount, rejectedBytes: ByteCount, maxUploadBytes: ByteCount }
) {}

const Accepted = Schema.Struct({
  contentType: Schema.String,
  name: Schema.String,
  extensions: Schema.Array(Schema.String)
})

/** 415: kite cannot read files of this type, which it detects from the content. `accepted` lists the types it reads. */
export class UnsupportedFile extends Problem<UnsupportedFile>()(
  "UnsupportedFile",
  {
    type: problemType("unsupported-file"),
    status: 415,
    title: "Unsupported file type"
  },
  { seen: Schema.String, accepted: Schema.Array(Accepted) }
) {
  /** `seen` with its article, such as "a RAR archive". */
  static of(seen: string) {
    const accepted = kinds.map(({ contentType, name, extensions }) => ({ contentType, name, extensions }))
    return new UnsupportedFile({ seen, accepted, detail: `The file is ${seen}. Files can be ${kindNames}.` })
  }
}

/** 400: the multipart body is incomplete, or has no `file`, several, or an empty one. */
export class InvalidUpload extends Problem<InvalidUpload>()("InvalidUpload", {
  type: problemType("invalid-upload"),
  status: 400,
  title: "Invalid upload"
}) {}

/** 409: the account has stored these bytes already, and the upload asked for `onDuplicate=reject`. */
export class DuplicateDocument extends Problem<DuplicateDocument>()(
  "DuplicateDocument",
  {
    type: problemType("duplicate-document"),
    status: 409,
    title: "Duplicate document"
  },
  { duplicateOf: DocumentId }
) {}

/** 409 with `Retry-After`: the first request with this `Idempotency-Key` has not ended. */
export class IdempotencyKeyInUse extends Problem<IdempotencyKeyInUse>()("IdempotencyKeyInUse", {
  type: problemType("idempotency-key-in-use"),
  status: 409,
  title: "Idempotency key in use"
}) {}

/** 422: the `Idempotency-Key` belongs to the upload of another file, name or `onDuplicate`. */
export class IdempotencyKeyReused extends Problem<IdempotencyKeyReused>()("IdempotencyKeyReused", {
  type: problemType("idempotency-key-reused"),
  status: 422,
  title: "Idempotency key reused"
}) {}

/** 400: the cursor is not from this list, or from another `sort`. */
export class InvalidCursor extends Problem<InvalidCursor>()("InvalidCursor", {
  type: problemType("invalid-cursor"),
  status: 400,
  title: "Invalid cursor"
}) {}

/**
 * 409: the document has no text: not yet (`pending`, `processing`), or never (`failed`, with the reason). A document that failed
 * because it `timed-out` has the text of the pages that were read before, if its `pageCount` is not null.
 */
export class TextNotReady extends Problem<TextNotReady>()(
  "TextNotReady",
  {
    type: problemType("text-not-ready"),
    status: 409,
    title: "Text not ready"
  },
  { documentStatus: DocumentStatus, failureCode: Schema.NullOr(FailureCode) }
) {}

/** 409: the document is being processed already. */
export class ExtractionRunning extends Problem<ExtractionRunning>()("ExtractionRunning", {
  type: problemType("extraction-running"),
  status: 409,
  title: "Extraction already running"
}) {}

/** 429 with `Retry-After`: the account has too many uploads or downloads under way. */
export class TooManyTransfers extends Problem<TooManyTransfers>()("TooManyTransfers", {
  type: problemType("too-many-transfers"),
  status: 429,
  title: "Too many transfers"
}) {}

/** 429 with `Retry-After`: the account waits for too many documents at the same time. */
export class TooManyWaits extends Problem<TooManyWaits>()("TooManyWaits", {
  type: problemType("too-many-waits"),
  status: 429,
  title: "Too many waits"
}) {}

/** 507: the server's disk is nearly full; everything but uploads works. */
export class InsufficientStorage extends Problem<InsufficientStorage>()("InsufficientStorage", {
  type: problemType("insufficient-storage"),
  status: 507,
  title: "Insufficient storage"
}) {}

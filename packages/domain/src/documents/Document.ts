import { Schema } from "effect"
import { Timestamp } from "../Timestamp.ts"
import { ByteCount } from "../users/Quota.ts"
import { FailureCode, Notice } from "./Extraction.ts"
import { kinds } from "./Kinds.ts"

/** UUIDv7 of a document. */
export const DocumentId = Schema.String.check(Schema.isUUID()).pipe(Schema.brand("DocumentId"))
export type DocumentId = typeof DocumentId.Type

/** Key of a document's bytes in the object store: a UUID, never built from request input. */
export const ObjectKey = Schema.String.check(Schema.isUUID()).pipe(Schema.brand("ObjectKey"))
export type ObjectKey = typeof ObjectKey.Type

/** The kinds kite reads, told by their bytes and never by their name. */
export const ContentType = Schema.Literals(kinds.map(({ contentType }) => contentType))
export type ContentType = typeof ContentType.Type

export const DocumentStatus = Schema.Literals(["pending", "processing", "ready", "failed"])
export type DocumentStatus = typeof DocumentStatus.Type

/** SHA-256 of the bytes, 64 lower-case hex digits. */
export const Sha256 = Schema.String.check(Schema.isPattern(/^[0-9a-f]{64}$/)).pipe(Schema.brand("Sha256"))
export type Sha256 = typeof Sha256.Type

export const Document = Schema.Struct({
  id: DocumentId,
  filename: Schema.String,
  contentType: ContentType,
  sizeBytes: ByteCount,
  sha256: Sha256,
  status: DocumentStatus,
  failure: Schema.NullOr(Schema.Struct({ code: FailureCode, message: Schema.String })),
  /** Pages that were read or tried: of a `ready` document (with the notice `text-cut`, up to where its text ends), the first ones of one that `timed-out`; otherwise null. */
  pageCount: Schema.NullOr(Schema.Int),
  /** The encoding of a text, by its WHATWG name such as `windows-1252`; null if the file is not a text or names it itself. */
  encoding: Schema.NullOr(Schema.String),
  /** Mean of the pages read by OCR, 0 to 100; null if there are none. */
  ocrConfidence: Schema.NullOr(Schema.Finite),
  /** What of a `ready` document was left out, and why. */
  notices: Schema.Array(Notice),
  /** Present if not every word is found: the text has more distinct words than are kept, or indexing it failed. */
  indexedInPart: Schema.optionalKey(Schema.Literal(true)),
  createdAt: Timestamp,
  updatedAt: Timestamp
}).annotate({ identifier: "Document", description: "The document" })
export type Document = typeof Document.Type

import { Schema } from "effect"
import { FailureCode, Notice } from "./Extraction.ts"
import { kinds } from "./Kinds.ts"
import { ByteCount } from "./Quota.ts"

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
  /** Pages that were read or tried. */
  pageCount: Schema.NullOr(Schema.Int),
  /** How the bytes of a text were taken, by its WHATWG name like `windows-1252`; null where that is no question. */
  encoding: Schema.NullOr(Schema.String),
  /** Mean of the pages read by OCR, 0 to 100; null where there are none. */
  ocrConfidence: Schema.NullOr(Schema.Finite),
  /** What of a document that is `ready` was not read, and why. */
  notices: Schema.Array(Notice),
  createdAt: Schema.DateTimeUtcFromString,
  updatedAt: Schema.DateTimeUtcFromString
}).annotate({ identifier: "Document" })
export type Document = typeof Document.Type

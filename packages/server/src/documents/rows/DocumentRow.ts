import { ByteCountFromBigInt } from "@kite/adapters/postgres/Rows"
import {
  ContentType,
  type Document,
  DocumentId,
  DocumentStatus,
  ObjectKey,
  Sha256
} from "@kite/domain/documents/Document"
import { FailureCode, Notice } from "@kite/domain/documents/Extraction"
import { Schema } from "effect"

/** The columns of a document, without what only the search reads. */
export const columns = `id, object_key, filename, content_type, size_bytes, sha256, status, failure_code, failure_message,
  page_count, encoding, ocr_confidence, notices, indexed_in_part, attempt, created_at, updated_at`

export const DocumentRow = Schema.Struct({
  id: DocumentId,
  objectKey: ObjectKey,
  filename: Schema.String,
  contentType: ContentType,
  sizeBytes: ByteCountFromBigInt,
  sha256: Sha256,
  status: DocumentStatus,
  failureCode: Schema.NullOr(FailureCode),
  failureMessage: Schema.NullOr(Schema.String),
  pageCount: Schema.NullOr(Schema.Int),
  encoding: Schema.NullOr(Schema.String),
  ocrConfidence: Schema.NullOr(Schema.Finite),
  notices: Schema.Array(Notice),
  indexedInPart: Schema.Boolean,
  attempt: Schema.Int,
  createdAt: Schema.DateTimeUtcFromDate,
  updatedAt: Schema.DateTimeUtcFromDate
})
export type DocumentRow = typeof DocumentRow.Type

export const toDocument = ({
  failureCode,
  failureMessage,
  objectKey,
  attempt,
  indexedInPart,
  ...row
}: DocumentRow): Document => ({
  ...row,
  ...(indexedInPart && { indexedInPart }),
  failure: failureCode === null ? null : { code: failureCode, message: failureMessage ?? "" }
})

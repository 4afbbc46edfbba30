import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { Authentication } from "../auth/Authentication.ts"
import { AccountRateLimit } from "../limits/AccountRateLimit.ts"
import { IpRateLimit } from "../limits/IpRateLimit.ts"
import { RateLimitPolicies } from "../limits/RateLimitPolicy.ts"
import { NotFound, Unavailable } from "../Problem.ts"
import { Document, DocumentId } from "./Document.ts"
import {
  ExtractionRunning,
  InvalidCursor,
  InvalidUpload,
  QuotaExceeded,
  TextNotReady,
  UnsupportedFile,
  UploadTooLarge
} from "./DocumentErrors.ts"
import { DocumentPage, ListQuery } from "./DocumentList.ts"
import { Page } from "./Extraction.ts"
import { Filename } from "./Filename.ts"
import { kinds } from "./Kinds.ts"

const params = { id: DocumentId }

/** The multipart body: one `file`, and optionally the `filename` to keep it under. Read as a stream, never buffered. */
const Upload = Schema.Struct({
  file: Schema.String.annotate({
    contentEncoding: "binary",
    description: `The bytes; their kind is told by them alone. Accepted: ${kinds.map(({ name, contentType }) => `${name} (${contentType})`).join(", ")}`
  }),
  filename: Schema.optionalKey(Schema.String)
}).pipe(HttpApiSchema.asMultipartStream({ maxParts: 4, maxFieldSize: "8 KiB" }))

/** A document's text: `text` is all pages, joined by a form feed. */
export const DocumentText = Schema.Struct({ text: Schema.String, pages: Schema.Array(Page) }).annotate({
  identifier: "DocumentText"
})
export type DocumentText = typeof DocumentText.Type

export class DocumentsApi extends HttpApiGroup.make("documents")
  .add(
    HttpApiEndpoint.post("upload", "/", {
      payload: Upload,
      success: Document.pipe(HttpApiSchema.status(201)),
      error: [InvalidUpload, QuotaExceeded, UploadTooLarge, UnsupportedFile, Unavailable]
    }).annotate(OpenApi.Summary, "Upload a document"),
    HttpApiEndpoint.get("list", "/", { query: ListQuery, success: DocumentPage, error: InvalidCursor }).annotate(
      OpenApi.Summary,
      "List and search your documents"
    ),
    HttpApiEndpoint.get("get", "/:id", { params, success: Document, error: NotFound }).annotate(
      OpenApi.Summary,
      "Look at a document"
    ),
    HttpApiEndpoint.patch("rename", "/:id", {
      params,
      payload: Schema.Struct({ filename: Filename }),
      success: Document,
      error: NotFound
    }).annotate(OpenApi.Summary, "Rename a document"),
    HttpApiEndpoint.delete("remove", "/:id", { params, success: HttpApiSchema.NoContent, error: NotFound }).annotate(
      OpenApi.Summary,
      "Delete a document"
    ),
    HttpApiEndpoint.get("content", "/:id/content", {
      params,
      success: HttpApiSchema.StreamUint8Array(),
      error: [NotFound, Unavailable]
    }).annotate(OpenApi.Summary, "Download the bytes"),
    HttpApiEndpoint.get("text", "/:id/text", {
      params,
      success: DocumentText,
      error: [NotFound, TextNotReady]
    }).annotate(OpenApi.Summary, "Read the text"),
    HttpApiEndpoint.post("reprocess", "/:id/reprocess", {
      params,
      success: Document.pipe(HttpApiSchema.status(202)),
      error: [NotFound, ExtractionRunning]
    }).annotate(OpenApi.Summary, "Extract the text anew")
  )
  .middleware(AccountRateLimit)
  .middleware(Authentication)
  .middleware(IpRateLimit)
  .annotate(RateLimitPolicies, ["account"])
  .prefix("/api/documents")
  .annotateMerge(OpenApi.annotations({ title: "Documents", description: "Upload, find and read your documents" })) {}

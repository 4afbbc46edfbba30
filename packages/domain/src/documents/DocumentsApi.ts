import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { Authentication } from "../auth/Authentication.ts"
import { AccountRateLimit, IpRateLimit } from "../limits/RateLimitMiddleware.ts"
import { RateLimitPolicies } from "../limits/RateLimitPolicy.ts"
import { documented } from "../openapi/Operation.ts"
import { bodyProblems, NotFound, PreconditionFailed, RangeNotSatisfiable } from "../Problem.ts"
import { EmailNotProven } from "../users/UserErrors.ts"
import { describeContent } from "./ContentDescription.ts"
import { Document, DocumentId } from "./Document.ts"
import {
  ExtractionRunning,
  InsufficientStorage,
  InvalidCursor,
  InvalidUpload,
  QuotaExceeded,
  TextNotReady,
  TooManyTransfers,
  UnsupportedFile,
  UploadTooLarge
} from "./DocumentErrors.ts"
import { DocumentPage, ListQuery } from "./DocumentList.ts"
import { Page } from "./Extraction.ts"
import { Filename } from "./Filename.ts"

const params = { id: DocumentId }

/** The multipart body: one `file`, and optionally the `filename` to store it under. Read as a stream, never buffered. */
const Upload = Schema.Struct({
  file: Schema.String.annotate({
    format: "binary",
    description: "The content. Its type is detected from the content."
  }),
  filename: Schema.optionalKey(Schema.String.annotate({ description: "Replaces the file's own name." }))
})
  .annotate({ identifier: "Upload" })
  .pipe(HttpApiSchema.asMultipartStream())

const Rename = Schema.Struct({ filename: Filename }).annotate({ identifier: "Rename" })

/** A document's text: `text` is all pages, joined by a form feed. */
export const DocumentText = Schema.Struct({ text: Schema.String, pages: Schema.Array(Page) }).annotate({
  identifier: "DocumentText",
  description: "The text, whole and by page"
})
export type DocumentText = typeof DocumentText.Type

export class DocumentsApi extends HttpApiGroup.make("documents")
  .add(
    HttpApiEndpoint.post("upload", "/", {
      payload: Upload,
      success: Document.pipe(HttpApiSchema.status(201)),
      error: [
        InvalidUpload,
        QuotaExceeded,
        UploadTooLarge,
        UnsupportedFile,
        EmailNotProven,
        TooManyTransfers,
        InsufficientStorage,
        ...bodyProblems
      ]
    }).annotateMerge(
      documented({
        summary: "Upload a document",
        description:
          "Stores a file, and starts to extract its text: `status` is `pending` at first, and `ready` or `failed` in the end. The file counts against the quota.",
        headers: { 201: ["Location"] }
      })
    ),
    HttpApiEndpoint.get("list", "/", { query: ListQuery, success: DocumentPage, error: InvalidCursor }).annotateMerge(
      documented({
        summary: "List and search your documents",
        description:
          "One page of your documents. For the next page, send `nextCursor` as `cursor`, with the same `sort`."
      })
    ),
    HttpApiEndpoint.get("get", "/:id", { params, success: Document, error: NotFound }).annotateMerge(
      documented({ summary: "Get a document", description: "One document, without its content and text." })
    ),
    HttpApiEndpoint.patch("rename", "/:id", {
      params,
      payload: Rename,
      success: Document,
      error: [NotFound, ...bodyProblems]
    }).annotateMerge(
      documented({
        summary: "Rename a document",
        description: "Folders and control characters are removed from the name; at most 255 characters are kept."
      })
    ),
    HttpApiEndpoint.delete("remove", "/:id", {
      params,
      success: HttpApiSchema.NoContent,
      error: NotFound
    }).annotateMerge(
      documented({
        summary: "Delete a document",
        description: "Deletes the content and the text, and frees the quota."
      })
    ),
    HttpApiEndpoint.get("content", "/:id/content", {
      params,
      success: HttpApiSchema.StreamUint8Array(),
      error: [NotFound, PreconditionFailed, RangeNotSatisfiable, TooManyTransfers]
    }).annotateMerge(
      documented({
        summary: "Download the content",
        description:
          "The bytes as they were uploaded, as an attachment. One range (`Range`, `If-Range`), revalidation (`If-None-Match`, `If-Modified-Since`) and preconditions (`If-Match`, `If-Unmodified-Since`) are supported; several ranges at once return the whole.",
        change: describeContent
      })
    ),
    HttpApiEndpoint.get("text", "/:id/text", {
      params,
      success: DocumentText,
      error: [NotFound, TextNotReady]
    }).annotateMerge(
      documented({
        summary: "Get the text",
        description:
          "The extracted text: whole, its pages separated by form feeds, and page by page. 409 until `status` is `ready`."
      })
    ),
    HttpApiEndpoint.post("reprocess", "/:id/reprocess", {
      params,
      success: Document.pipe(HttpApiSchema.status(202)),
      error: [NotFound, ExtractionRunning]
    }).annotateMerge(
      documented({
        summary: "Re-run extraction",
        description: "Extracts the text of a `ready` or `failed` document again."
      })
    )
  )
  .middleware(AccountRateLimit)
  .middleware(Authentication)
  .middleware(IpRateLimit)
  .annotate(RateLimitPolicies, ["account"])
  .prefix("/api/documents")
  .annotateMerge(OpenApi.annotations({ title: "Documents", description: "Upload, find and read your documents." })) {}

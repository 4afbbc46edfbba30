import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { Authentication } from "../auth/Authentication.ts"
import { AccountRateLimit, IpRateLimit } from "../limits/RateLimitMiddleware.ts"
import { RateLimitPolicies } from "../limits/RateLimitPolicy.ts"
import { documented } from "../openapi/Operation.ts"
import { bodyProblems, InvalidRequest, NotFound, RangeNotSatisfiable } from "../Problem.ts"
import { EmailNotProven } from "../users/UserErrors.ts"
import { describeContent } from "./ContentDescription.ts"
import { Document, DocumentId } from "./Document.ts"
import {
  DuplicateDocument,
  ExtractionRunning,
  IdempotencyKeyInUse,
  IdempotencyKeyReused,
  InsufficientStorage,
  InvalidCursor,
  InvalidUpload,
  QuotaExceeded,
  TextNotReady,
  TooManyTransfers,
  TooManyWaits,
  UnsupportedFile,
  UploadTooLarge
} from "./DocumentErrors.ts"
import { DocumentPage, ListQuery } from "./DocumentList.ts"
import { DocumentText, TextQuery } from "./DocumentText.ts"
import { Filename } from "./Filename.ts"
import { describeText } from "./TextDescription.ts"
import { describeUpload, Upload, UploadedDocument, UploadQuery } from "./Upload.ts"
import { describeWait, WaitQuery } from "./Wait.ts"

const params = { id: DocumentId }

const Rename = Schema.Struct({ filename: Filename }).annotate({ identifier: "Rename" })

export class DocumentsApi extends HttpApiGroup.make("documents")
  .add(
    HttpApiEndpoint.post("upload", "/", {
      query: UploadQuery,
      payload: Upload,
      success: [UploadedDocument.pipe(HttpApiSchema.status(201)), Document],
      error: [
        InvalidUpload,
        InvalidRequest,
        DuplicateDocument,
        IdempotencyKeyInUse,
        IdempotencyKeyReused,
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
          "Stores a file, and starts to extract its text: `status` is `pending` at first, and `ready` or `failed` in the end. The file counts against the quota. A file that you have stored already becomes another document, with `duplicateOf`; `onDuplicate` chooses otherwise. With an `Idempotency-Key` you can repeat the upload until there is a response: it is stored once. A refused upload does not use its key.",
        headers: { 200: ["Location"], 201: ["Location"] },
        change: describeUpload
      })
    ),
    HttpApiEndpoint.get("list", "/", { query: ListQuery, success: DocumentPage, error: InvalidCursor }).annotateMerge(
      documented({
        summary: "List and search your documents",
        description:
          "One page of your documents. For the next page, send `nextCursor` as `cursor`, with the same `sort`."
      })
    ),
    HttpApiEndpoint.get("get", "/:id", {
      params,
      query: WaitQuery,
      success: Document,
      error: [NotFound, TooManyWaits]
    }).annotateMerge(
      documented({
        summary: "Get a document",
        description:
          "One document, without its content and text. With `wait`, the response comes when `status` is `ready` or `failed`, and at the latest after that time with the status of then: no need to poll.",
        change: describeWait
      })
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
      error: [NotFound, RangeNotSatisfiable, TooManyTransfers]
    }).annotateMerge(
      documented({
        summary: "Download the content",
        description:
          "The bytes as they were uploaded, as an attachment. One range (`Range`, `If-Range`) and revalidation (`If-None-Match`) are supported; several ranges at once return the whole.",
        change: describeContent
      })
    ),
    HttpApiEndpoint.get("text", "/:id/text", {
      params,
      query: TextQuery,
      success: DocumentText,
      error: [NotFound, TextNotReady, TooManyTransfers]
    }).annotateMerge(
      documented({
        summary: "Get the text",
        description:
          "The extracted text. As JSON page by page, 20 pages if `limit` does not say otherwise; for the next pages, send `nextPage` as `page`. With `Accept: text/plain` the whole text, or the pages that `page` and `limit` ask for, with a form feed between two pages. 409 until `status` is `ready`.",
        change: describeText
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

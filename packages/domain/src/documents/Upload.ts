import { Schema } from "effect"
import { HttpApiSchema } from "effect/http-api"
import { headers } from "../openapi/Headers.ts"
import type { Operation } from "../openapi/Specification.ts"
import { Document, DocumentId } from "./Document.ts"
import { keyPattern } from "./IdempotencyKey.ts"
import { kinds } from "./Kinds.ts"

/** The multipart body: one `file`, and optionally the `filename` to store it under. Read as a stream, never buffered. */
export const Upload = Schema.Struct({
  file: Schema.String.annotate({
    format: "binary",
    description: `The content. Its type is detected from the content. Accepted: ${kinds.map(({ name, contentType }) => `${name} (${contentType})`).join(", ")}`
  }),
  filename: Schema.optionalKey(Schema.String.annotate({ description: "Replaces the file's own name." }))
})
  .annotate({ identifier: "Upload" })
  .pipe(HttpApiSchema.asMultipartStream({ maxParts: 4, maxFieldSize: "8 KiB" }))

/**
 * What happens to a file whose bytes the account has stored already: it becomes another document (`keep`), the oldest document with
 * these bytes is returned instead (`return`), or the upload is refused (`reject`).
 */
export const OnDuplicate = Schema.Literals(["keep", "return", "reject"])
export type OnDuplicate = typeof OnDuplicate.Type

export const UploadQuery = Schema.Struct({ onDuplicate: Schema.optionalKey(OnDuplicate) })

/** A new document; `duplicateOf` is the oldest other document of the account with the same bytes. */
export const UploadedDocument = Schema.Struct({
  ...Document.fields,
  duplicateOf: Schema.optionalKey(DocumentId)
}).annotate({
  identifier: "UploadedDocument",
  description: "The new document; `duplicateOf` is your oldest other document with the same bytes, if there is one"
})
export type UploadedDocument = typeof UploadedDocument.Type

const idempotencyKey = {
  name: "Idempotency-Key",
  in: "header" as const,
  required: false,
  description:
    "Makes the upload safe to repeat: for 24 hours, the same key with the same file, name and `onDuplicate` returns the first response again. Choose a new key, such as a UUID, for each upload. 1 to 255 ASCII characters; quotes are optional.",
  schema: { type: "string", pattern: keyPattern.source },
  example: '"8e03978e-40d5-43e8-bc93-6894a57f9324"'
}

/** What the schemas cannot tell: the header, and the response of a duplicate. */
export const describeUpload = (operation: Operation): Operation => {
  const { 200: existing, 409: conflict, ...responses } = operation.responses
  return {
    ...operation,
    parameters: [...operation.parameters, idempotencyKey],
    responses: {
      ...responses,
      ...(existing && {
        200: { ...existing, description: "Your oldest document with the same bytes, with `onDuplicate=return`" }
      }),
      // Only a key that is in use is free again soon.
      ...(conflict && {
        409: { ...conflict, headers: { "Retry-After": { ...headers["Retry-After"], required: false } } }
      })
    }
  }
}

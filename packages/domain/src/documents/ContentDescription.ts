import { withHeaders } from "../openapi/Headers.ts"
import type { Operation, Response } from "../openapi/Specification.ts"
import { ContentType } from "./Document.ts"

const bytes = { schema: { type: "string", format: "binary" } }
/**
 * `application/octet-stream` stands for types of later versions. It comes first for generators such as openapi-python-client, which
 * read every body as the first type that they know: as `text/plain` they would decode it.
 */
const types = ["application/octet-stream", ...ContentType.literals]
const content = Object.fromEntries(types.map((type) => [type, bytes]))

const header = (name: string, description: string, example: string) => ({
  name,
  in: "header" as const,
  required: false,
  description,
  schema: { type: "string" },
  example
})
const etag = '"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"'
const date = "Sun, 22 Nov 2026 20:15:00 GMT"
// Without If-Match and If-Unmodified-Since: programs that make up values for every parameter would get nothing but 412.
const parameters = [
  header("Range", "One range of bytes (RFC 9110 section 14.2).", "bytes=0-1023"),
  header("If-Range", "The range only if the content still has this ETag or date, else the whole.", etag),
  header("If-None-Match", "304 if the content still has one of these ETags.", etag),
  header("If-Modified-Since", "304 if the content has not changed since. Ignored beside `If-None-Match`.", date)
]

const always = ["ETag", "Last-Modified", "Accept-Ranges"] as const
const whole = withHeaders({ description: "The whole content", content }, ...always, "Content-Disposition")
const part = withHeaders({ description: "The range", content }, ...always, "Content-Disposition", "Content-Range")
const unchanged: Response = withHeaders({ description: "The content has not changed; no body" }, ...always)

/** What a download may answer besides its problems. */
export const describeContent = (operation: Operation): Operation => {
  const { 412: failed, 416: unsatisfiable, ...responses } = operation.responses
  return {
    ...operation,
    parameters: [...operation.parameters, ...parameters],
    responses: {
      ...responses,
      200: whole,
      206: part,
      304: unchanged,
      ...(failed && { 412: withHeaders(failed, ...always) }),
      ...(unsatisfiable && { 416: withHeaders(unsatisfiable, ...always, "Content-Range") })
    }
  }
}

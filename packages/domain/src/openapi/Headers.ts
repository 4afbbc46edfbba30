import type { Header, JsonSchema, Response } from "./Specification.ts"

const header = (description: string, schema: JsonSchema, example: unknown): Header => ({
  description,
  required: true,
  schema,
  example
})
const text = { type: "string" }

/** Every response header that clients may rely on. */
export const headers = {
  "X-Correlation-ID": header(
    "The request's id, in every log line of it.",
    { type: "string", format: "uuid" },
    "0199e5f0-6d1c-7c3a-9a53-0b1f6a1e7f10"
  ),
  RateLimit: header(
    "What is left of each limit (`r`), and in how many seconds it is whole again (`t`).",
    text,
    '"account";r=99;t=60'
  ),
  "RateLimit-Policy": header("Each limit: `q` requests in `w` seconds.", text, '"account";q=100;w=60'),
  "Retry-After": header("Seconds to wait before a retry.", { type: "integer", minimum: 1 }, 5),
  "WWW-Authenticate": header("The scheme to authenticate with (RFC 6750).", text, 'Bearer realm="kite"'),
  Allow: header("The methods of this path.", text, "DELETE, GET, HEAD, PATCH"),
  Location: header("The path of the new document.", text, "/api/documents/0199e5f0-6d1c-7c3a-9a53-0b1f6a1e7f10"),
  "Set-Cookie": header(
    "The refresh cookie: httpOnly, SameSite=Strict.",
    text,
    "__Host-kite_refresh=...; Path=/; HttpOnly; Secure; SameSite=Strict"
  ),
  ETag: header(
    "The SHA-256 of the content, quoted.",
    text,
    '"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"'
  ),
  "Accept-Ranges": header("Ranges are in bytes.", { type: "string", const: "bytes" }, "bytes"),
  "Content-Range": header("The range that is sent, or `*`, and the length of the whole.", text, "bytes 0-1023/146515"),
  "Preference-Applied": {
    ...header("The wait that counted (RFC 7240), if the request had `Prefer: wait`.", text, "wait=30"),
    required: false
  },
  "Content-Disposition": header("An attachment under the document's name.", text, 'attachment; filename="report.pdf"')
}
export type HeaderName = keyof typeof headers

/** Headers that are missing where the request cannot be read as HTTP. */
export const ifReadable = Object.fromEntries(
  (["RateLimit", "RateLimit-Policy"] as const).map((name) => [name, { ...headers[name], required: false }])
)

/** The response with these headers besides its own. */
export const withHeaders = <R extends Response>(response: R, ...names: ReadonlyArray<HeaderName>): R => ({
  ...response,
  headers: {
    ...response.headers,
    ...Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]))
  }
})

import { type HeaderName, ifCounted, withHeaders } from "../openapi/Headers.ts"
import { type Operation, problemContentType, type Response } from "../openapi/Specification.ts"

const problem = (description: string, name: string, title: string, status: number): Response => ({
  description,
  content: {
    [problemContentType]: {
      schema: { $ref: "#/components/schemas/Problem" },
      example: {
        type: `urn:kite:problem:${name}`,
        title,
        status,
        correlationId: "0199e5f0-6d1c-7c3a-9a53-0b1f6a1e7f10"
      }
    }
  }
})

/** Problems of the HTTP server itself, before a request reaches its endpoint. */
export const serverResponses: Readonly<Record<number, Response>> = {
  405: withHeaders(
    problem("The path exists, but not with this method", "method-not-allowed", "Method not allowed", 405),
    "Allow",
    "RateLimit",
    "RateLimit-Policy"
  ),
  408: problem("The request was not sent in time", "request-timeout", "Request Timeout", 408),
  431: problem("The headers have more than 16 KiB", "headers-too-large", "Request Header Fields Too Large", 431)
}

/** The schema of their bodies: a problem of any type. `instance` is missing where the request had no readable path. */
export const anyProblem = {
  type: "object",
  description: "Any problem (RFC 9457).",
  properties: {
    type: { type: "string", format: "uri-reference" },
    title: { type: "string" },
    status: { type: "integer" },
    detail: { type: "string" },
    instance: { type: "string" },
    correlationId: { type: "string", format: "uuid" }
  },
  required: ["type", "title", "status", "correlationId"]
}

/** Whether a response of this status may come before the limits of the request are known. */
const mayBeUncounted = (status: string) => status === "400" || Number(status) >= 500

const headersOf = (status: string, { security }: Operation, limited: boolean): ReadonlyArray<HeaderName> => [
  "X-Correlation-ID",
  ...(limited && !mayBeUncounted(status) ? (["RateLimit", "RateLimit-Policy"] as const) : []),
  ...(status === "429" || status === "503" ? (["Retry-After"] as const) : []),
  ...(status === "401" && security.some(({ bearer }) => bearer) ? (["WWW-Authenticate"] as const) : [])
]

const descriptions: Readonly<Record<string, string>> = { 202: "Accepted; no body", 204: "Done; no body" }

const describe = (status: string, { description, content, ...response }: Response, limited: boolean): Response => ({
  ...response,
  // A malformed request is counted also where other requests are not.
  ...((limited || status === "400") && mayBeUncounted(status) && { headers: { ...response.headers, ...ifCounted } }),
  description: content === undefined ? (descriptions[status] ?? description) : description.replaceAll(" | ", ", or: "),
  ...(content !== undefined && { content })
})

/** Every status of the operation, each with its headers. `limited`: whether rate limits apply to it. */
export const completeResponses = (operation: Operation, limited: boolean): Operation["responses"] => {
  const all: Operation["responses"] = { ...operation.responses, ...serverResponses }
  return Object.fromEntries(
    Object.entries(all).map(([status, response]) => [
      status,
      status in serverResponses
        ? withHeaders(response, "X-Correlation-ID")
        : withHeaders(describe(status, response, limited), ...headersOf(status, operation, limited))
    ])
  )
}

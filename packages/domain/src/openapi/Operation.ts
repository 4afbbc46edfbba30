import { OpenApi } from "effect/http-api"
import { type HeaderName, withHeaders } from "./Headers.ts"
import type { Operation, Response } from "./Specification.ts"

type Change = (operation: Operation) => Operation

/** What the schemas of an endpoint cannot tell. */
interface Details {
  readonly summary: string
  readonly description: string
  /** Headers of a response, by its status. */
  readonly headers?: Readonly<Record<number, ReadonlyArray<HeaderName>>>
  readonly change?: Change
}

const addHeaders = (responses: Operation["responses"], headers: NonNullable<Details["headers"]>) =>
  Object.fromEntries(
    Object.entries(responses).map(([status, response]): [string, Response] => [
      status,
      withHeaders(response, ...(headers[Number(status)] ?? []))
    ])
  )

/** Annotations that document one endpoint. */
export const documented = ({ summary, description, headers = {}, change = (operation) => operation }: Details) => {
  const transform = (generated: Record<string, unknown>): Record<string, unknown> => {
    const changed = change(generated as unknown as Operation)
    return { ...changed, responses: addHeaders(changed.responses, headers) }
  }
  return OpenApi.annotations({ summary, description, transform })
}

const origin = {
  name: "Origin",
  in: "header" as const,
  required: false,
  description:
    "Browsers send it by themselves. Every other client must send the origin of PUBLIC_URL (without one, the origin it calls), or one of CORS_ORIGINS.",
  schema: { type: "string", format: "uri" },
  example: "https://kite.example.org"
}

/** The endpoint checks `Origin`. */
export const checksOrigin: Change = (operation) => ({ ...operation, parameters: [...operation.parameters, origin] })

/** The endpoint reads the refresh cookie, and checks `Origin` for its sake. */
export const usesRefreshCookie: Change = (operation) => ({
  ...checksOrigin(operation),
  security: [{ refreshCookie: [] }]
})

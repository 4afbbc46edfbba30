import type { RequestRecord } from "@kite/adapters/logging/RequestContext"
import { Effect } from "effect"
import type { ResponseFacts } from "./ResponseFacts.ts"

/** One line per request. A failure of ours is an error with its cause; what a client did wrong is not. */
export const logAccess = ({ method, route, path }: RequestRecord, { status, bytes, aborted, cause }: ResponseFacts) => {
  const message = `${method} ${route ?? path} ${status}`
  const fields = aborted ? { event: "http_request", status, bytes, aborted } : { event: "http_request", status, bytes }
  return status >= 500 ? Effect.logError(message, fields, cause) : Effect.logInfo(message, fields)
}

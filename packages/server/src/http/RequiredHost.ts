import { NodeHttpServerRequest } from "@effect/platform-node"
import { InvalidRequest } from "@kite/domain/Problem"
import { Effect } from "effect"
import { HttpRouter, HttpServerRequest, HttpServerRespondable } from "effect/http"

const refusal = HttpServerRespondable.toResponse(
  new InvalidRequest({
    errors: [{ path: ["headers", "host"], message: "Missing key" }],
    detail: "HTTP/1.1 requires the header Host"
  })
)

/**
 * 400 for a request of HTTP/1.1 without Host (RFC 9112 section 3.2). Node's own check sends an empty response. Provide it to
 * every route.
 */
export const layer = HttpRouter.middleware((handler) =>
  Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) => {
    const { headers, httpVersion } = NodeHttpServerRequest.toIncomingMessage(request)
    return headers["host"] === undefined && httpVersion === "1.1" ? refusal : handler
  })
).layer

import { randomUUID } from "node:crypto"
import type { ServerResponse } from "node:http"
import { isRefusal, RefusalSampling } from "@kite/adapters/logging/RefusalSampling"
import { CurrentRequest, RequestRecord, withRequest } from "@kite/adapters/logging/RequestContext"
import { Clock, Effect, type Fiber } from "effect"
import { HttpEffect, HttpRouter, HttpServerRequest, HttpServerResponse } from "effect/http"
import { countRequest } from "./RequestMetrics.ts"
import { nodeResponseOf, observeResponse, type ResponseFacts } from "./ResponseFacts.ts"

/** The name of the header that carries the correlation id in requests and responses. */
export const correlationHeader = "x-correlation-id"

// RFC 9562: any version, the RFC's own variant; the nil and max UUIDs identify nothing.
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i

/** The id that a trusted peer sends, if it is a UUID; else a new one. */
const correlationIdOf = (inbound: string | undefined, trusted: () => boolean): string =>
  inbound !== undefined && inbound.length === 36 && uuid.test(inbound) && trusted()
    ? inbound.toLowerCase()
    : randomUUID()

/** Logs one line per request. A status from 500 on is logged as an error with its cause; what a client did wrong is not. */
const logAccess = ({ method, route, path }: RequestRecord, { status, bytes, aborted, cause }: ResponseFacts) => {
  const message = `${method} ${route ?? path} ${status}`
  const fields = aborted ? { event: "http_request", status, bytes, aborted } : { event: "http_request", status, bytes }
  return status >= 500 ? Effect.logError(message, fields, cause) : Effect.logInfo(message, fields)
}

/** False for a refused request in a flood of them. */
export const isLogged = (fiber: Fiber.Fiber<unknown, unknown>, status: number, clientIp: string | undefined) =>
  !isRefusal(status) || fiber.getRef(RefusalSampling).admits("http_request", clientIp)

/** What the proxies in front of the server say about a request. */
export interface Peer {
  /** The client behind trusted proxies, in canonical form, or undefined where even the peer is unknown. */
  readonly clientIp: (request: HttpServerRequest.HttpServerRequest) => string | undefined
  /** Whether the peer is a trusted proxy, whose correlation id is accepted. */
  readonly isTrusted: (request: HttpServerRequest.HttpServerRequest) => boolean
}

/**
 * The outermost middleware of the server. It gives every request a correlation id, returns the id in `X-Correlation-ID` whatever the
 * status, puts the request's facts on every log line of its fibers, and logs and counts the request once when it has ended.
 */
export const makeRequestScope = (peer: Peer) =>
  Effect.fnUntraced(function* <E, R>(app: Effect.Effect<HttpServerResponse.HttpServerResponse, E, R>) {
    const request = yield* HttpServerRequest.HttpServerRequest
    const clock = yield* Clock.Clock
    const correlationId = correlationIdOf(request.headers[correlationHeader], () => peer.isTrusted(request))
    const record = new RequestRecord({
      correlationId,
      startedAt: clock.monotonicTimeNanosUnsafe(),
      clientIp: peer.clientIp(request),
      method: request.method,
      path: request.url.split("?", 1)[0]
    })
    const response = nodeResponseOf(request)
    const facts = observeResponse(response)
    return yield* app.pipe(
      returnCorrelationId(response, correlationId),
      Effect.onExit((exit) =>
        Effect.withFiber((fiber) => {
          const ended = facts(exit)
          countRequest(fiber.context, record, ended.status, clock.monotonicTimeNanosUnsafe())
          return isLogged(fiber, ended.status, record.clientIp) ? logAccess(record, ended) : Effect.void
        })
      ),
      withRequest(record)
    )
  })

/** Set on Node's own response, the header also reaches the client when the platform fails to write a response. */
const returnCorrelationId =
  (response: ServerResponse | undefined, correlationId: string) =>
  <E, R>(app: Effect.Effect<HttpServerResponse.HttpServerResponse, E, R>) => {
    if (response === undefined) {
      return HttpEffect.withPreResponseHandler(app, (_request, sent) =>
        Effect.succeed(HttpServerResponse.setHeader(sent, correlationHeader, correlationId))
      )
    }
    response.setHeader(correlationHeader, correlationId)
    return app
  }

/** Puts the matched route's template (`/api/documents/:id`) into the request's log lines and metrics. Provide it to every route. */
export const layerRoute = HttpRouter.middleware((handler) =>
  Effect.flatMap(CurrentRequest, (record) =>
    record === undefined
      ? handler
      : Effect.flatMap(HttpRouter.RouteContext, ({ route }) => {
          record.route = route.path
          return handler
        })
  )
).layer

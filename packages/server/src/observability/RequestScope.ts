import type { ServerResponse } from "node:http"
import { RequestRecord, withRequest } from "@kite/adapters/logging/RequestContext"
import { Clock, Effect } from "effect"
import { HttpEffect, HttpServerRequest, HttpServerResponse } from "effect/http"
import { logAccess } from "./AccessLog.ts"
import { correlationHeader, correlationIdOf } from "./CorrelationHeader.ts"
import { countRequest } from "./RequestMetrics.ts"
import { nodeResponseOf, observeResponse } from "./ResponseFacts.ts"

/** What the edge has to know of the proxies in front of it. */
export interface Peer {
  /** The client behind trusted proxies, in canonical form; undefined if not even the peer is known. */
  readonly clientIp: (request: HttpServerRequest.HttpServerRequest) => string | undefined
  /** Whether the peer is a trusted proxy, so that the correlation id it sends is taken. */
  readonly isTrusted: (request: HttpServerRequest.HttpServerRequest) => boolean
}

/**
 * The outermost middleware of the server: every request gets its correlation id, which goes back in `X-Correlation-ID`
 * whatever the status, every line and fiber of it carries its facts, and when it has ended, however it ended, it is
 * logged and counted once.
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
      announce(response, correlationId),
      Effect.onExit((exit) =>
        Effect.withFiber((fiber) => {
          const ended = facts(exit)
          countRequest(fiber.context, record, ended.status, clock.monotonicTimeNanosUnsafe())
          return logAccess(record, ended)
        })
      ),
      withRequest(record)
    )
  })

/** On Node's response the header also stands on what the platform answers when a response cannot be written. */
const announce =
  (response: ServerResponse | undefined, correlationId: string) =>
  <E, R>(app: Effect.Effect<HttpServerResponse.HttpServerResponse, E, R>) => {
    if (response === undefined) {
      return HttpEffect.withPreResponseHandler(app, (_request, answer) =>
        Effect.succeed(HttpServerResponse.setHeader(answer, correlationHeader, correlationId))
      )
    }
    response.setHeader(correlationHeader, correlationId)
    return app
  }

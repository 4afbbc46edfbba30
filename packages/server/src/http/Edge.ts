import { Settings } from "@kite/adapters/settings/Settings"
import { ByteSize, Effect } from "effect"
import { HttpIncomingMessage, HttpServerRequest, type HttpServerResponse } from "effect/http"
import { forwardingOf, isTrustedPeer, requestClientIp } from "../network/RequestClientIp.ts"
import { makeRequestScope } from "../observability/RequestScope.ts"
import { makeCors } from "./Cors.ts"
import { renderProblems } from "./Problems.ts"
import { makeSecurityHeaders } from "./SecurityHeaders.ts"

/** For JSON bodies; uploads have a limit of their own. */
const maxBodySize = ByteSize.kibibytes(64)

/** For operators behind a proxy: the headers that the client address is derived from. The line itself carries the result. */
const logForwarding = Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) =>
  Effect.logDebug("client ip", forwardingOf(request))
)

/** Everything around the router; the outermost comes last. */
export const makeEdge = Effect.gen(function* () {
  const settings = yield* Settings
  const { TRUSTED_PROXIES: trusted, TRUSTED_PROXY_RULE: rule, TRUSTED_PROXY_MAX_HOPS: maxHops } = settings
  const isDebugging = settings.LOG_LEVEL === "debug" || settings.LOG_LEVEL === "trace"
  const proxies = { trusted, rule, maxHops }
  for (const family of trusted.wholeFamilies) {
    yield* Effect.logWarning(`TRUSTED_PROXIES contains ${family}: clients can spoof their address`)
  }
  const securityHeaders = yield* makeSecurityHeaders
  const cors = yield* makeCors(securityHeaders.add)
  const requestScope = makeRequestScope({
    clientIp: (request) => requestClientIp(request, proxies),
    isTrusted: (request) => isTrustedPeer(request, proxies)
  })
  return <E, R>(app: Effect.Effect<HttpServerResponse.HttpServerResponse, E, R>) =>
    (isDebugging ? Effect.andThen(logForwarding, app) : app).pipe(
      Effect.provideService(HttpIncomingMessage.MaxBodySize, maxBodySize),
      renderProblems,
      cors,
      securityHeaders.middleware,
      requestScope
    )
})

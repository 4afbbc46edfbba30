import { Settings } from "@kite/adapters/settings/Settings"
import { ByteSize, Effect } from "effect"
import { HttpIncomingMessage, type HttpServerResponse } from "effect/http"
import { isTrustedPeer, requestClientIp } from "../limits/RequestClientIp.ts"
import { makeRequestScope } from "../observability/RequestScope.ts"
import { renderProblems } from "./Problems.ts"
import { makeSecurityHeaders } from "./SecurityHeaders.ts"

/** Of a JSON body; uploads have their own bound. */
const maxBodySize = ByteSize.kibibytes(64)

/** What every request passes through before the router, and every response after it; outermost last. */
export const makeEdge = Effect.gen(function* () {
  const { TRUSTED_PROXIES: trusted, TRUSTED_PROXY_RULE: rule, TRUSTED_PROXY_MAX_HOPS: maxHops } = yield* Settings
  const proxies = { trusted, rule, maxHops }
  for (const family of trusted.wholeFamilies) {
    yield* Effect.logWarning(
      `TRUSTED_PROXIES holds ${family}: whoever connects can choose the address he is limited by`
    )
  }
  const securityHeaders = yield* makeSecurityHeaders
  const requestScope = makeRequestScope({
    clientIp: (request) => requestClientIp(request, proxies),
    isTrusted: (request) => isTrustedPeer(request, proxies)
  })
  return <E, R>(app: Effect.Effect<HttpServerResponse.HttpServerResponse, E, R>) =>
    app.pipe(
      Effect.provideService(HttpIncomingMessage.MaxBodySize, maxBodySize),
      renderProblems,
      securityHeaders,
      requestScope
    )
})

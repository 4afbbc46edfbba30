import { Settings } from "@kite/adapters/settings/Settings"
import { Effect } from "effect"
import { HttpEffect, HttpServerResponse } from "effect/http"

const always = {
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-resource-policy": "same-origin",
  "x-frame-options": "DENY"
}
/** Of all but the pages, which bring their own. */
const policy = "default-src 'none'; frame-ancestors 'none'"
const oneYear = "max-age=31536000; includeSubDomains"

/** OWASP REST Security Cheat Sheet; headers that a response sets itself (the cache and policy of a download) stay. HSTS only behind TLS. */
export const makeSecurityHeaders = Effect.map(Settings, ({ PUBLIC_URL }) => {
  const tls = PUBLIC_URL?.startsWith("https:") ? { "strict-transport-security": oneYear } : {}
  const defaults = { ...always, ...tls, "content-security-policy": policy, "cache-control": "no-store" }
  const add = (response: HttpServerResponse.HttpServerResponse) =>
    HttpServerResponse.setHeaders(response, { ...defaults, ...response.headers })
  return {
    add,
    middleware: <E, R>(app: Effect.Effect<HttpServerResponse.HttpServerResponse, E, R>) =>
      HttpEffect.withPreResponseHandler(app, (_request, response) => Effect.succeed(add(response)))
  }
})

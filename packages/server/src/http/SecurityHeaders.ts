import { Settings } from "@kite/adapters/settings/Settings"
import { Effect } from "effect"
import { HttpEffect, HttpServerResponse } from "effect/http"

const always = {
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-resource-policy": "same-origin",
  "x-frame-options": "DENY"
}
const apiPolicy = "default-src 'none'; frame-ancestors 'none'"
/** The API page carries its script and style within itself and loads nothing from elsewhere. */
const pagePolicy =
  "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; img-src 'self' data:; " +
  "font-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
const oneYear = "max-age=31536000; includeSubDomains"

const policyOf = ({ headers }: HttpServerResponse.HttpServerResponse) =>
  headers["content-type"]?.startsWith("text/html") ? pagePolicy : apiPolicy

/** OWASP REST Security Cheat Sheet; what a response says itself (a download's cache and policy) stays. HSTS only behind TLS. */
export const makeSecurityHeaders = Effect.map(Settings, ({ PUBLIC_URL }) => {
  const tls = PUBLIC_URL?.startsWith("https:") ? { "strict-transport-security": oneYear } : {}
  return <E, R>(app: Effect.Effect<HttpServerResponse.HttpServerResponse, E, R>) =>
    HttpEffect.withPreResponseHandler(app, (_request, response) =>
      Effect.succeed(
        HttpServerResponse.setHeaders(response, {
          ...always,
          ...tls,
          "content-security-policy": policyOf(response),
          "cache-control": "no-store",
          ...response.headers
        })
      )
    )
})

import { Settings } from "@kite/adapters/settings/Settings"
import { Effect } from "effect"
import { HttpMiddleware, HttpServerRequest, type HttpServerResponse } from "effect/http"

const methods = ["GET", "HEAD", "POST", "PATCH", "DELETE"]
/** What pages of other origins may send besides the safelisted headers of the Fetch standard. */
const sent = ["Authorization", "Content-Type", "If-None-Match", "Range", "X-Correlation-ID"]
/** And read. */
const read = [
  "Accept-Ranges",
  "Content-Disposition",
  "Content-Range",
  "ETag",
  "Location",
  "RateLimit",
  "RateLimit-Policy",
  "Retry-After",
  "WWW-Authenticate",
  "X-Correlation-ID"
]
/** How long a browser may remember a preflight, in seconds. */
const maxAge = 600

const isPreflight = ({ method, headers }: HttpServerRequest.HttpServerRequest) => {
  const { origin, "access-control-request-method": requested } = headers
  return method === "OPTIONS" && origin !== undefined && requested !== undefined
}

/** CORS for the origins of CORS_ORIGINS, cookies included; without any, nothing of it. Other OPTIONS requests stay the router's. */
export const makeCors = Effect.map(Settings, ({ CORS_ORIGINS }) => {
  const origins = new Set(CORS_ORIGINS)
  const allow = HttpMiddleware.cors({
    allowedOrigins: (origin) => origins.has(origin),
    allowedMethods: methods,
    allowedHeaders: sent,
    exposedHeaders: read,
    credentials: true,
    maxAge
  })
  return <E, R>(app: Effect.Effect<HttpServerResponse.HttpServerResponse, E, R>) =>
    Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) =>
      origins.size > 0 && (request.method !== "OPTIONS" || isPreflight(request)) ? allow(app) : app
    )
})

import { Settings } from "@kite/adapters/settings/Settings"
import { Effect } from "effect"
import { HttpMiddleware, HttpServerRequest, type HttpServerResponse } from "effect/http"

const methods = ["GET", "HEAD", "POST", "PATCH", "DELETE"]
/** Request headers that pages of other origins may send, besides those that the Fetch standard always allows. */
const requestHeaders = [
  "Authorization",
  "Content-Type",
  "Idempotency-Key",
  "If-None-Match",
  "Prefer",
  "Range",
  "X-Correlation-ID"
]
/** Response headers that they may read. */
const responseHeaders = [
  "Accept-Ranges",
  "Content-Disposition",
  "Content-Range",
  "ETag",
  "Location",
  "Preference-Applied",
  "RateLimit",
  "RateLimit-Policy",
  "Retry-After",
  "WWW-Authenticate",
  "X-Correlation-ID"
]
/** How long a browser may cache a preflight, in seconds. */
const maxAge = 600

const isPreflight = ({ method, headers }: HttpServerRequest.HttpServerRequest) => {
  const { origin, "access-control-request-method": requested } = headers
  return method === "OPTIONS" && origin !== undefined && requested !== undefined
}

type Response = HttpServerResponse.HttpServerResponse

/**
 * CORS with cookies for CORS_ORIGINS; off if there are none. OPTIONS requests that are no preflights go to the router. No handler of
 * responses sees the response to a preflight, so `complete` adds the headers of every response to it.
 */
export const makeCors = (complete: (response: Response) => Response) =>
  Effect.map(Settings, ({ CORS_ORIGINS }) => {
    const origins = new Set(CORS_ORIGINS)
    const allow = HttpMiddleware.cors({
      allowedOrigins: (origin) => origins.has(origin),
      allowedMethods: methods,
      allowedHeaders: requestHeaders,
      exposedHeaders: responseHeaders,
      credentials: true,
      maxAge
    })
    return <E, R>(app: Effect.Effect<Response, E, R>) =>
      Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) => {
        if (origins.size === 0) return app
        if (request.method !== "OPTIONS") return allow(app)
        return isPreflight(request) ? Effect.map(allow(app), complete) : app
      })
  })

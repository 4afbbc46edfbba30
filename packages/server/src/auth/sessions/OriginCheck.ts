import { Settings } from "@kite/adapters/settings/Settings"
import { ForeignOrigin, MissingOrigin } from "@kite/domain/auth/AuthErrors"
import { Effect } from "effect"
import { HttpServerRequest } from "effect/http"

/**
 * Checks the origin of requests that use or set the refresh cookie (OWASP CSRF Prevention Cheat Sheet, "Verifying Origin").
 * Allowed are PUBLIC_URL and CORS_ORIGINS; without a PUBLIC_URL, the host that the request is addressed to. The Origin header
 * decides, or Sec-Fetch-Site if there is none; browsers send at least one with every POST. SameSite=Strict applies as well.
 */
export const makeOriginCheck = Effect.map(Settings, ({ PUBLIC_URL, CORS_ORIGINS, PORT }) => {
  const own = PUBLIC_URL === undefined ? undefined : URL.parse(PUBLIC_URL)?.origin
  const allowed = new Set([...CORS_ORIGINS, ...(own === undefined ? [] : [own])])
  const isAllowed = (origin: string, host: string | undefined) =>
    allowed.has(origin) || (own === undefined && host !== undefined && URL.parse(origin)?.host === host)

  const expected =
    own === undefined
      ? `"Origin" with the scheme, host and port of this request's URL, such as "Origin: http://localhost:${PORT}"`
      : `"Origin: ${own}"`
  const missing = new MissingOrigin({ detail: `Send the header ${expected}` })

  const verdict = Effect.map(HttpServerRequest.HttpServerRequest, ({ headers }) => {
    const { origin, host, "sec-fetch-site": site } = headers
    if (origin !== undefined) return isAllowed(origin, host) ? "allowed" : "foreign"
    if (site !== undefined) return site === "same-origin" ? "allowed" : "foreign"
    return "missing"
  })
  /** Clients that are not browsers send neither header. */
  const refuseForeign = Effect.flatMap(verdict, (found) =>
    found === "foreign" ? Effect.fail(new ForeignOrigin({})) : Effect.succeed(found)
  )
  const requireAllowed = Effect.flatMap(refuseForeign, (found) =>
    found === "missing" ? Effect.fail(missing) : Effect.void
  )
  return { requireAllowed, refuseForeign: Effect.asVoid(refuseForeign) }
})

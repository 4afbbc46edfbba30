import { Settings } from "@kite/adapters/settings/Settings"
import { ForeignOrigin } from "@kite/domain/auth/AuthErrors"
import { Effect } from "effect"
import { HttpServerRequest } from "effect/http"

/**
 * Checks the origin of requests that use or set the refresh cookie (OWASP CSRF Prevention Cheat Sheet, "Verifying Origin").
 * Allowed are PUBLIC_URL and CORS_ORIGINS; without a PUBLIC_URL, the host that the request is addressed to. The Origin header
 * decides, or Sec-Fetch-Site if there is none; browsers send at least one with every POST. SameSite=Strict applies as well.
 */
export const makeOriginCheck = Effect.map(Settings, ({ PUBLIC_URL, CORS_ORIGINS }) => {
  const own = PUBLIC_URL === undefined ? undefined : URL.parse(PUBLIC_URL)?.origin
  const allowed = new Set([...CORS_ORIGINS, ...(own === undefined ? [] : [own])])
  const isAllowed = (origin: string, host: string | undefined) =>
    allowed.has(origin) || (own === undefined && host !== undefined && URL.parse(origin)?.host === host)

  /** `allowsNone`: whether a request with neither header passes, as clients that are not browsers send it. */
  const check = (allowsNone: boolean) =>
    Effect.flatMap(HttpServerRequest.HttpServerRequest, ({ headers }) => {
      const { origin, host, "sec-fetch-site": site } = headers
      const passes =
        origin !== undefined ? isAllowed(origin, host) : site !== undefined ? site === "same-origin" : allowsNone
      return passes ? Effect.void : Effect.fail(new ForeignOrigin({}))
    })

  return { requireAllowed: check(false), refuseForeign: check(true) }
})

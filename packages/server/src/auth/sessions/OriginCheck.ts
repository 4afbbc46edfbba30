import { Settings } from "@kite/adapters/settings/Settings"
import { ForeignOrigin } from "@kite/domain/auth/AuthErrors"
import { Effect } from "effect"
import { HttpServerRequest } from "effect/http"

/**
 * Where a request may come from that uses or sets the refresh cookie (OWASP CSRF Prevention Cheat Sheet, "Verifying
 * Origin"): PUBLIC_URL and CORS_ORIGINS; without a PUBLIC_URL the host that the request is addressed to. Origin decides
 * where there is one, else Sec-Fetch-Site; browsers send at least one with every POST. SameSite=Strict stands besides.
 */
export const makeOriginCheck = Effect.map(Settings, ({ PUBLIC_URL, CORS_ORIGINS }) => {
  const own = PUBLIC_URL === undefined ? undefined : URL.parse(PUBLIC_URL)?.origin
  const allowed = new Set([...CORS_ORIGINS, ...(own === undefined ? [] : [own])])
  const isAllowed = (origin: string, host: string | undefined) =>
    allowed.has(origin) || (own === undefined && host !== undefined && URL.parse(origin)?.host === host)

  /** `bare`: whether a request that tells nothing of its origin passes, as programs send it. */
  const check = (bare: boolean) =>
    Effect.flatMap(HttpServerRequest.HttpServerRequest, ({ headers }) => {
      const { origin, host, "sec-fetch-site": site } = headers
      const passes = origin !== undefined ? isAllowed(origin, host) : site !== undefined ? site === "same-origin" : bare
      return passes ? Effect.void : Effect.fail(new ForeignOrigin({}))
    })

  return { demandAllowed: check(false), refuseForeign: check(true) }
})

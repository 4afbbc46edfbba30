import { Context, DateTime, Effect, Option, Redacted } from "effect"
import { HttpEffect, HttpServerRequest, HttpServerResponse } from "effect/http"
import type { RefreshableSession } from "./Sessions.ts"

/** Off only where kite itself runs embedded behind plain http on loopback, which browsers would refuse the cookie on. */
export const SecureCookies = Context.Reference<boolean>("@kite/server/auth/SecureCookies", { defaultValue: () => true })

/**
 * `__Host-` (RFC 6265bis section 4.1.3.2) keeps sibling hosts from planting a cookie of their own; browsers demand Secure and
 * `Path=/` with it.
 */
const cookie = Effect.map(SecureCookies, (secure) =>
  secure ? { secure, name: "__Host-kite_refresh", path: "/" } : { secure, name: "kite_refresh", path: "/api/auth" }
)

/** The name of the refresh cookie on this server. */
export const refreshCookieName = Effect.map(cookie, ({ name }) => name)

const setCookie = (value: string, expires: DateTime.Utc) =>
  Effect.flatMap(cookie, ({ name, secure, path }) =>
    HttpEffect.appendPreResponseHandler((_request, response) =>
      Effect.succeed(
        HttpServerResponse.setCookieUnsafe(response, name, value, {
          httpOnly: true,
          secure,
          sameSite: "strict",
          path,
          expires: DateTime.toDateUtc(expires)
        })
      )
    )
  )

/** The refresh token the browser sent along, where it did. */
export const refreshToken = Effect.gen(function* () {
  const { name } = yield* cookie
  const { cookies } = yield* HttpServerRequest.HttpServerRequest
  return Option.map(Option.fromNullishOr(cookies[name]), (value) => Redacted.make(value))
})

export const setRefreshCookie = (session: RefreshableSession) =>
  setCookie(Redacted.value(session.refreshToken), session.expiresAt)

export const clearRefreshCookie = setCookie("", DateTime.makeUnsafe(0))

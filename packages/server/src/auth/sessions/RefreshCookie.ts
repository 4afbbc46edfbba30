import { Context, DateTime, Effect, Option, Redacted } from "effect"
import { HttpEffect, HttpServerRequest, HttpServerResponse } from "effect/http"
import type { RefreshableSession } from "./RefreshRotation.ts"

/** False only if kite runs on plain http on loopback: browsers would refuse the cookies there. */
export const SecureCookies = Context.Reference<boolean>("@kite/server/auth/sessions/SecureCookies", {
  defaultValue: () => true
})

/**
 * `__Host-` (RFC 6265bis section 4.1.3.2) stops sibling hosts from setting this cookie; browsers require Secure and `Path=/`
 * with it.
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

/** The refresh token from the request's cookie. */
export const refreshToken = Effect.gen(function* () {
  const { name } = yield* cookie
  const { cookies } = yield* HttpServerRequest.HttpServerRequest
  return Option.map(Option.fromNullishOr(cookies[name]), (value) => Redacted.make(value))
})

export const setRefreshCookie = (session: RefreshableSession) =>
  setCookie(Redacted.value(session.refreshToken), session.expiresAt)

export const clearRefreshCookie = setCookie("", DateTime.makeUnsafe(0))

import { Context, DateTime, Effect, Option, Redacted } from "effect"
import { HttpEffect, HttpServerRequest, HttpServerResponse } from "effect/http"
import type { RefreshableSession } from "./Sessions.ts"

const name = "kite_refresh"

/** Off only where kite itself runs embedded behind plain http on loopback, which browsers would refuse the cookie on. */
export const SecureCookies = Context.Reference<boolean>("@kite/server/auth/SecureCookies", { defaultValue: () => true })

const setCookie = (value: string, expires: DateTime.Utc) =>
  Effect.flatMap(SecureCookies, (secure) =>
    HttpEffect.appendPreResponseHandler((_request, response) =>
      Effect.succeed(
        HttpServerResponse.setCookieUnsafe(response, name, value, {
          httpOnly: true,
          secure,
          sameSite: "strict",
          path: "/api/auth",
          expires: DateTime.toDateUtc(expires)
        })
      )
    )
  )

/** The refresh token the browser sent along, where it did. */
export const refreshToken = Effect.map(HttpServerRequest.HttpServerRequest, ({ cookies }) =>
  Option.map(Option.fromNullishOr(cookies[name]), (value) => Redacted.make(value))
)

export const setRefreshCookie = (session: RefreshableSession) =>
  setCookie(Redacted.value(session.refreshToken), session.expiresAt)

export const clearRefreshCookie = setCookie("", DateTime.makeUnsafe(0))

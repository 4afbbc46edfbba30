import { Settings } from "@kite/adapters/settings/Settings"
import { ForeignOrigin } from "@kite/domain/auth/AuthErrors"
import { Effect } from "effect"
import { HttpServerRequest } from "effect/http"

const originOf = (url: string | undefined) => (url === undefined ? undefined : URL.parse(url)?.origin)

/**
 * Whether the request may use the refresh cookie: its Origin is this server's or an allowed one. Browsers send Origin with
 * every POST; a client that sends none is no browser, and SameSite=Strict keeps the cookie from foreign pages besides.
 */
export const makeOriginCheck = Effect.map(Settings, ({ PUBLIC_URL, CORS_ORIGINS }) => {
  const allowed = new Set([originOf(PUBLIC_URL), ...CORS_ORIGINS].filter((origin) => origin !== undefined))
  return Effect.flatMap(HttpServerRequest.HttpServerRequest, ({ headers }) => {
    const { origin, host } = headers
    const own = origin !== undefined && URL.parse(origin)?.host === host
    return origin === undefined || own || allowed.has(origin) ? Effect.void : Effect.fail(new ForeignOrigin({}))
  })
})

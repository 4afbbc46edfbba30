import { Duration, Effect, Schedule } from "effect"
import { type Answer, post, send } from "../http/Client.ts"

/** The header that a browser on kite's own page adds. */
const fromOwnPage = { "sec-fetch-site": "same-origin" }

/** The `name=value` of the cookie that a response sets. */
export const cookieOf = (answer: Answer) => {
  const [cookie = ""] = answer.headers.getSetCookie()
  return cookie.split(";")[0] ?? ""
}

export const logIn = (
  user: { readonly email: string; readonly password: string },
  headers: Record<string, string> = {}
) => post("/api/auth/login", { email: user.email, password: user.password }, headers)

const withCookie = (path: string) => (cookie: string) =>
  send(path, { method: "POST", headers: { ...fromOwnPage, cookie } })

export const refresh = withCookie("/api/auth/refresh")
export const logOut = withCookie("/api/auth/logout")

/** Status of a request that needs a valid access token. */
export const statusOfMe = (accessToken: string) =>
  Effect.map(send("/api/auth/me", { headers: { authorization: `Bearer ${accessToken}` } }), ({ status }) => status)

/** Time in ms until the token is refused; fails after a second. */
export const timeToRefusal = (accessToken: string) =>
  statusOfMe(accessToken).pipe(
    Effect.flatMap((status) => (status === 401 ? Effect.void : Effect.fail(`still ${status}`))),
    Effect.retry(Schedule.spaced("5 millis")),
    Effect.timeout("1 second"),
    Effect.timed,
    Effect.map(([elapsed]) => Duration.toMillis(elapsed))
  )

import { Api } from "@kite/domain/Api"
import { InvalidSession } from "@kite/domain/auth/AuthErrors"
import { CurrentUser } from "@kite/domain/auth/CurrentUser"
import { Effect, Option } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import { Auth, type Granted } from "./Logins.ts"
import { Passwords } from "./Passwords.ts"
import { makeOriginCheck } from "./sessions/OriginCheck.ts"
import { clearRefreshCookie, refreshToken, setRefreshCookie } from "./sessions/RefreshCookie.ts"

const answer = ({ body, session }: Granted) => Effect.as(setRefreshCookie(session), body)

export const layer = HttpApiBuilder.group(
  Api,
  "auth",
  Effect.fn(function* (handlers) {
    const auth = yield* Auth
    const passwords = yield* Passwords
    const origin = yield* makeOriginCheck
    const endPresented = Effect.flatMap(refreshToken, (token) =>
      Option.isSome(token) ? auth.logout(token.value) : Effect.void
    )
    return handlers.handleAll({
      register: ({ payload }) => auth.register(payload.email, payload.password, "user"),
      login: Effect.fn(function* ({ payload }) {
        yield* origin.refuseForeign
        const granted = yield* auth.login(payload.email, payload.password)
        yield* endPresented
        return yield* answer(granted)
      }),
      refresh: Effect.fn(function* () {
        yield* origin.demandAllowed
        const token = yield* refreshToken
        if (Option.isNone(token)) return yield* new InvalidSession({})
        return yield* answer(yield* auth.refresh(token.value))
      }),
      logout: () => Effect.andThen(origin.demandAllowed, Effect.andThen(endPresented, clearRefreshCookie)),
      logoutAll: () =>
        CurrentUser.pipe(
          Effect.flatMap(({ id }) => auth.logoutAll(id)),
          Effect.andThen(clearRefreshCookie)
        ),
      me: () => Effect.flatMap(CurrentUser, ({ id }) => auth.me(id)),
      changePassword: ({ payload: { currentPassword, newPassword } }) =>
        Effect.flatMap(CurrentUser, (user) => passwords.change(user, currentPassword, newPassword)),
      requestPasswordReset: ({ payload }) => passwords.requestReset(payload.email),
      confirmPasswordReset: ({ payload }) => passwords.confirmReset(payload.token, payload.newPassword)
    })
  })
)

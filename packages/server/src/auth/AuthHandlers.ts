import { Api } from "@kite/domain/Api"
import { InvalidSession } from "@kite/domain/auth/AuthErrors"
import { CurrentUser } from "@kite/domain/users/User"
import { Effect, Layer, Option } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import { Registration } from "../invites/Registration.ts"
import { Accounts } from "../users/Accounts.ts"
import { EmailProofs } from "../users/EmailProofs.ts"
import { DeviceCookies } from "./devices/DeviceCookies.ts"
import { type Granted, Logins } from "./Logins.ts"
import { Passwords } from "./Passwords.ts"
import { makeOriginCheck } from "./sessions/OriginCheck.ts"
import { clearRefreshCookie, refreshToken, setRefreshCookie } from "./sessions/RefreshCookie.ts"

const respond = ({ body, session }: Granted) => Effect.as(setRefreshCookie(session), body)

export const layer = HttpApiBuilder.group(
  Api,
  "auth",
  Effect.fn(function* (handlers) {
    const accounts = yield* Accounts
    const registration = yield* Registration
    const proofs = yield* EmailProofs
    const logins = yield* Logins
    const passwords = yield* Passwords
    const devices = yield* DeviceCookies
    const origin = yield* makeOriginCheck
    const endPresented = Effect.flatMap(refreshToken, (token) =>
      Option.isSome(token) ? logins.logout(token.value) : Effect.void
    )
    return handlers.handleAll({
      register: ({ payload }) => registration.register(payload),
      login: Effect.fn(function* ({ payload }) {
        yield* origin.refuseForeign
        const account = yield* passwords.authenticate(payload.email, payload.password)
        const granted = yield* logins.complete(account)
        yield* endPresented
        return yield* Effect.tap(respond(granted), () => devices.remember(payload.email))
      }),
      refresh: Effect.fn(function* () {
        yield* origin.requireAllowed
        const token = yield* refreshToken
        if (Option.isNone(token)) return yield* new InvalidSession({})
        return yield* respond(yield* logins.refresh(token.value))
      }),
      logout: () => Effect.andThen(origin.requireAllowed, Effect.andThen(endPresented, clearRefreshCookie)),
      logoutAll: () =>
        CurrentUser.pipe(
          Effect.flatMap(({ id }) => logins.logoutAll(id)),
          Effect.andThen(clearRefreshCookie)
        ),
      me: () => Effect.flatMap(CurrentUser, ({ id }) => accounts.find(id)),
      changePassword: ({ payload: { currentPassword, newPassword } }) =>
        Effect.flatMap(CurrentUser, (user) => passwords.change(user, currentPassword, newPassword)),
      requestPasswordReset: ({ payload }) => passwords.requestReset(payload.email),
      confirmPasswordReset: ({ payload }) => passwords.confirmReset(payload.token, payload.newPassword),
      requestEmailProof: () => Effect.flatMap(CurrentUser, ({ id }) => proofs.request(id)),
      confirmEmailProof: ({ payload }) => proofs.confirm(payload.token)
    })
  })
).pipe(
  Layer.provide([
    Accounts.layer,
    Registration.layer,
    EmailProofs.layer,
    Logins.layer,
    Passwords.layer,
    DeviceCookies.layer
  ])
)

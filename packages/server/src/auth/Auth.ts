import type { Session } from "@kite/domain/auth/AuthApi"
import {
  type EmailTaken,
  InvalidCredentials,
  InvalidSession,
  Unauthenticated,
  WeakPassword
} from "@kite/domain/auth/AuthErrors"
import type { Email } from "@kite/domain/auth/Email"
import type { GivenPassword, NewPassword } from "@kite/domain/auth/Password"
import type { Role, User, UserId } from "@kite/domain/auth/User"
import { Context, Effect, Layer, Option, Redacted } from "effect"
import { AccessTokens, accessTokenSeconds } from "./AccessTokens.ts"
import { PasswordHasher } from "./PasswordHasher.ts"
import { type RefreshableSession, Sessions } from "./Sessions.ts"
import { Users } from "./Users.ts"

/** What a login or a refresh yields: the body, and the session whose token goes into the cookie. */
export interface Granted {
  readonly body: Session
  readonly session: RefreshableSession
}

/** Accounts, logins and their sessions. */
export class Auth extends Context.Service<
  Auth,
  {
    readonly register: (
      email: Email,
      password: NewPassword,
      role: Role
    ) => Effect.Effect<User, EmailTaken | WeakPassword>
    readonly login: (email: Email, password: GivenPassword) => Effect.Effect<Granted, InvalidCredentials>
    readonly refresh: (token: Redacted.Redacted) => Effect.Effect<Granted, InvalidSession>
    readonly logout: (token: Redacted.Redacted) => Effect.Effect<void>
    readonly me: (id: UserId) => Effect.Effect<User, Unauthenticated>
  }
>()("@kite/server/auth/Auth") {
  static readonly layerNoDeps = Layer.effect(
    Auth,
    Effect.gen(function* () {
      const users = yield* Users
      const sessions = yield* Sessions
      const hasher = yield* PasswordHasher
      const tokens = yield* AccessTokens

      const grant = Effect.fnUntraced(function* (user: User, session: RefreshableSession) {
        const accessToken = yield* tokens.issue({ sub: user.id, role: user.role, sid: session.id })
        const body: Session = { accessToken, tokenType: "Bearer", expiresIn: accessTokenSeconds, user }
        return { body, session }
      })

      return Auth.of({
        register: Effect.fn("Auth.register")(function* (email, password, role) {
          if (Redacted.value(password).toLowerCase().includes(email)) {
            return yield* new WeakPassword({ detail: "The password must not hold the e-mail address" })
          }
          return yield* users.create({ email, passwordHash: yield* hasher.hash(password), role })
        }),
        login: Effect.fn("Auth.login")(function* (email, password) {
          const account = Option.getOrUndefined(yield* users.findByEmail(email))
          const matches = yield* hasher.verify(account?.passwordHash, password)
          if (account === undefined || !matches || !account.active) return yield* new InvalidCredentials({})
          return yield* grant(account.user, yield* sessions.start(account.user.id))
        }),
        refresh: Effect.fn("Auth.refresh")(function* (token) {
          const session = yield* sessions.rotate(token)
          const account = Option.getOrUndefined(yield* users.findById(session.userId))
          if (!account?.active) return yield* new InvalidSession({})
          return yield* grant(account.user, session)
        }),
        logout: sessions.end,
        me: (id) =>
          Effect.flatMap(
            users.findById(id),
            Option.match({
              onNone: () => Effect.fail(new Unauthenticated({})),
              onSome: (account) => Effect.succeed(account.user)
            })
          )
      })
    })
  )

  static readonly layer = Auth.layerNoDeps.pipe(
    Layer.provide([Users.layer, Sessions.layer, PasswordHasher.layer, AccessTokens.layer])
  )
}

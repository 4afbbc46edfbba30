import { MailQueue } from "@kite/adapters/mail/MailQueue"
import { orDefect } from "@kite/adapters/postgres/Rows"
import type { Session } from "@kite/domain/auth/AuthApi"
import {
  type EmailTaken,
  InvalidCredentials,
  InvalidSession,
  Unauthenticated,
  type WeakPassword
} from "@kite/domain/auth/AuthErrors"
import type { GivenPassword, NewPassword } from "@kite/domain/auth/Password"
import type { Email } from "@kite/domain/users/Email"
import type { Role, User, UserId } from "@kite/domain/users/User"
import { Context, Effect, Layer, Option, type Redacted } from "effect"
import { SqlClient } from "effect/sql"
import { makeRecordAuthEvent } from "../audit/AccountEvents.ts"
import { AuditLog } from "../audit/AuditLog.ts"
import { tokenReuseMail } from "../users/UserMails.ts"
import { Users } from "../users/Users.ts"
import { accessTokenSeconds } from "./AccessTokenLifetime.ts"
import { PasswordHasher } from "./passwords/PasswordHasher.ts"
import { checkPassword } from "./passwords/PasswordPolicy.ts"
import { type RefreshableSession, Sessions } from "./sessions/Sessions.ts"
import { AccessTokens } from "./tokens/AccessTokens.ts"
import { RevokedSessions } from "./tokens/RevokedSessions.ts"

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
    readonly logoutAll: (id: UserId) => Effect.Effect<void>
    readonly me: (id: UserId) => Effect.Effect<User, Unauthenticated>
  }
>()("@kite/server/auth/Auth") {
  static readonly layerNoDeps = Layer.effect(
    Auth,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const recordAuthEvent = yield* makeRecordAuthEvent
      const users = yield* Users
      const sessions = yield* Sessions
      const revoked = yield* RevokedSessions
      const hasher = yield* PasswordHasher
      const tokens = yield* AccessTokens
      const mails = yield* MailQueue

      const grant = Effect.fnUntraced(function* (user: User, session: RefreshableSession) {
        const accessToken = yield* tokens.issue({ sub: user.id, role: user.role, sid: session.id })
        const body: Session = { accessToken, tokenType: "Bearer", expiresIn: accessTokenSeconds, user }
        return { body, session }
      })

      const warnOfReuse = (userId: UserId) =>
        mails.offer(
          Effect.map(
            users.findById(userId),
            Option.map(({ user }) => tokenReuseMail(user.email))
          )
        )

      return Auth.of({
        register: Effect.fn("Auth.register")(function* (email, password, role) {
          yield* checkPassword(password, email)
          const passwordHash = yield* hasher.hash(password)
          return yield* users.create({ email, passwordHash, role }).pipe(
            Effect.tap(({ id }) => recordAuthEvent("register", id)),
            sql.withTransaction,
            orDefect
          )
        }),
        login: Effect.fn("Auth.login")(function* (email, password) {
          const account = Option.getOrUndefined(yield* users.findByEmail(email))
          const matches = yield* hasher.verify(account?.passwordHash, password)
          if (account === undefined || !matches || !account.active) {
            yield* recordAuthEvent("login_failed", account?.user.id)
            return yield* new InvalidCredentials({})
          }
          return yield* grant(account.user, yield* sessions.start(account))
        }),
        refresh: Effect.fn("Auth.refresh")(
          function* (token) {
            const session = yield* sessions.rotate(token)
            const account = Option.getOrUndefined(yield* users.findById(session.userId))
            if (!account?.active) return yield* new InvalidSession({})
            return yield* grant(account.user, session)
          },
          Effect.catchTag("TokenReused", ({ userId }) =>
            Effect.andThen(warnOfReuse(userId), Effect.fail(new InvalidSession({})))
          )
        ),
        logout: sessions.end,
        logoutAll: Effect.fn("Auth.logoutAll")(function* (id) {
          const ended = yield* orDefect(
            sql.withTransaction(Effect.andThen(recordAuthEvent("logout_all", id), sessions.endAll(id)))
          )
          yield* revoked.add(ended)
        }),
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
    Layer.provide([Users.layer, Sessions.layer, RevokedSessions.layer, AccessTokens.layer]),
    Layer.provide([PasswordHasher.layer, MailQueue.layer, AuditLog.layer])
  )
}

import { MailQueue } from "@kite/adapters/mail/MailQueue"
import { orDefect } from "@kite/adapters/postgres/Rows"
import type { Session } from "@kite/domain/auth/AuthApi"
import { type InvalidCredentials, InvalidSession } from "@kite/domain/auth/AuthErrors"
import type { User, UserId } from "@kite/domain/users/User"
import { Context, Effect, Layer, Option, type Redacted } from "effect"
import { SqlClient } from "effect/sql"
import { makeRecordAccountEvent } from "../audit/AccountEvents.ts"
import { AuditLog } from "../audit/AuditLog.ts"
import { tokenReusedMail } from "../users/UserMails.ts"
import { type Account, Users } from "../users/Users.ts"
import type { RefreshableSession } from "./sessions/RefreshRotation.ts"
import { Sessions } from "./sessions/Sessions.ts"
import { AccessTokens } from "./tokens/AccessTokens.ts"
import { accessTokenSeconds } from "./tokens/TokenKeys.ts"

/** The result of a login or a refresh: the response body, and the session whose token goes into the cookie. */
export interface Granted {
  readonly body: Session
  readonly session: RefreshableSession
}

/**
 * Begins, continues and ends logins. A method of logging in (today `Passwords.authenticate`) only proves which account it
 * is; `complete` turns that account into a session, and nothing else does.
 *
 * A second factor takes a folder `auth/<factor>/` with its secrets and its check; a question in `complete` whether the
 * account has one, with a challenge instead of a session as the result; an endpoint in `AuthApi` that takes the challenge's
 * response; and its line in `AuthHandlers`. A new method takes a folder, an endpoint and a line that ends in `complete`.
 */
export class Logins extends Context.Service<
  Logins,
  {
    /** Fails if the account changed since it was read. */
    readonly complete: (account: Account) => Effect.Effect<Granted, InvalidCredentials>
    readonly refresh: (token: Redacted.Redacted) => Effect.Effect<Granted, InvalidSession>
    readonly logout: (token: Redacted.Redacted) => Effect.Effect<void>
    readonly logoutAll: (id: UserId) => Effect.Effect<void>
  }
>()("@kite/server/auth/Logins") {
  static readonly layerNoDeps = Layer.effect(
    Logins,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const recordAccountEvent = yield* makeRecordAccountEvent
      const users = yield* Users
      const sessions = yield* Sessions
      const tokens = yield* AccessTokens
      const mails = yield* MailQueue

      const grant = Effect.fnUntraced(function* (user: User, session: RefreshableSession) {
        const accessToken = yield* tokens.issue({ sub: user.id, role: user.role, sid: session.id })
        const body: Session = { accessToken, tokenType: "Bearer", expiresIn: accessTokenSeconds, user }
        return { body, session }
      })

      const warnOwner = (id: UserId) =>
        mails.offer(
          Effect.map(
            users.findAccountById(id),
            Option.map(({ user }) => tokenReusedMail(user.email))
          )
        )

      return Logins.of({
        complete: Effect.fn("Logins.complete")(function* (account) {
          return yield* grant(account.user, yield* sessions.start(account))
        }),
        refresh: Effect.fn("Logins.refresh")(function* (token) {
          const rotation = yield* sessions.rotate(token)
          if (rotation._tag === "TokenReused") yield* warnOwner(rotation.userId)
          if (rotation._tag !== "Rotated") return yield* new InvalidSession({})
          const account = Option.getOrUndefined(yield* users.findAccountById(rotation.userId))
          if (!account?.active) return yield* new InvalidSession({})
          return yield* grant(account.user, rotation)
        }),
        logout: sessions.end,
        logoutAll: Effect.fn("Logins.logoutAll")(function* (id) {
          const end = Effect.andThen(recordAccountEvent("logout_all", id), sessions.endAll(id))
          yield* orDefect(sql.withTransaction(end))
        })
      })
    })
  )

  static readonly layer = Logins.layerNoDeps.pipe(
    Layer.provide([Users.layer, Sessions.layer, AccessTokens.layer]),
    Layer.provide([MailQueue.layer, AuditLog.layer])
  )
}

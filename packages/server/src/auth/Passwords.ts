import { MailQueue } from "@kite/adapters/mail/MailQueue"
import { orDefect } from "@kite/adapters/postgres/Rows"
import { InvalidResetToken, type WeakPassword, WrongPassword } from "@kite/domain/auth/AuthErrors"
import type { CurrentUser } from "@kite/domain/auth/CurrentUser"
import type { GivenPassword, NewPassword } from "@kite/domain/auth/Password"
import type { ResetToken } from "@kite/domain/auth/ResetToken"
import type { Email } from "@kite/domain/users/Email"
import { Context, Effect, Layer, Option } from "effect"
import { SqlClient } from "effect/sql"
import { makeRecordAuthEvent } from "../audit/AccountEvents.ts"
import { AuditLog } from "../audit/AuditLog.ts"
import { publicUrl } from "../http/PublicUrl.ts"
import { passwordChangedMail, passwordResetMail } from "../users/UserMails.ts"
import { Users } from "../users/Users.ts"
import { PasswordHasher } from "./passwords/PasswordHasher.ts"
import { checkPassword } from "./passwords/PasswordPolicy.ts"
import { PasswordResets } from "./passwords/PasswordResets.ts"
import { Sessions } from "./sessions/Sessions.ts"
import { RevokedSessions } from "./tokens/RevokedSessions.ts"

/** How a password is replaced: by who knows it, or by who reads the account's mail. */
export class Passwords extends Context.Service<
  Passwords,
  {
    /** Ends every session but the one it is done in. */
    readonly change: (
      user: CurrentUser["Service"],
      current: GivenPassword,
      next: NewPassword
    ) => Effect.Effect<void, WrongPassword | WeakPassword>
    /** Done in the background, all of it, so that nobody can tell whether the account exists. */
    readonly requestReset: (email: Email) => Effect.Effect<void>
    /** Ends every session. */
    readonly confirmReset: (
      token: ResetToken,
      next: NewPassword
    ) => Effect.Effect<void, InvalidResetToken | WeakPassword>
  }
>()("@kite/server/auth/Passwords") {
  static readonly layerNoDeps = Layer.effect(
    Passwords,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const recordAuthEvent = yield* makeRecordAuthEvent
      const users = yield* Users
      const sessions = yield* Sessions
      const revoked = yield* RevokedSessions
      const resets = yield* PasswordResets
      const hasher = yield* PasswordHasher
      const mails = yield* MailQueue
      const baseUrl = yield* publicUrl

      return Passwords.of({
        change: Effect.fn("Passwords.change")(function* ({ id, sessionId }, current, next) {
          const account = Option.getOrUndefined(yield* users.findById(id))
          const matches = yield* hasher.verify(account?.passwordHash, current)
          if (account === undefined || !matches) return yield* new WrongPassword({})
          yield* checkPassword(next, account.user.email)
          const passwordHash = yield* hasher.hash(next)
          const ended = yield* Effect.gen(function* () {
            if (!(yield* users.replacePassword(account, passwordHash))) return yield* new WrongPassword({})
            yield* resets.removeAll(id)
            yield* recordAuthEvent("password_changed", id)
            return yield* sessions.endAll(id, sessionId)
          }).pipe(sql.withTransaction, orDefect)
          yield* revoked.add(ended)
          yield* mails.offer(Effect.succeedSome(passwordChangedMail(account.user.email)))
        }),
        requestReset: (email) =>
          mails.offerUnseen(
            Effect.gen(function* () {
              const account = yield* users.findByEmail(email)
              if (Option.isNone(account) || !account.value.active) return Option.none()
              const { user } = account.value
              const token = yield* resets.add(user.id)
              if (Option.isSome(token)) yield* recordAuthEvent("password_reset_requested", user.id)
              return Option.map(token, (secret) => passwordResetMail(user.email, baseUrl, secret))
            })
          ),
        confirmReset: Effect.fn("Passwords.confirmReset")(function* (token, next) {
          const owner = yield* resets.find(token)
          const account = Option.isSome(owner) ? Option.getOrUndefined(yield* users.findById(owner.value)) : undefined
          if (!account?.active) return yield* new InvalidResetToken({})
          const { id, email } = account.user
          yield* checkPassword(next, email)
          const passwordHash = yield* hasher.hash(next)
          const ended = yield* Effect.gen(function* () {
            const used = yield* resets.use(token)
            if (Option.isNone(used) || !(yield* users.replacePassword(account, passwordHash))) {
              return yield* new InvalidResetToken({})
            }
            yield* recordAuthEvent("password_reset", id)
            return yield* sessions.endAll(id)
          }).pipe(sql.withTransaction, orDefect)
          yield* revoked.add(ended)
          yield* mails.offer(Effect.succeedSome(passwordChangedMail(email)))
        })
      })
    })
  )

  static readonly layer = Passwords.layerNoDeps.pipe(
    Layer.provide([Users.layer, Sessions.layer, RevokedSessions.layer, PasswordResets.layer]),
    Layer.provide([PasswordHasher.layer, MailQueue.layer, AuditLog.layer])
  )
}

import { MailQueue } from "@kite/adapters/mail/MailQueue"
import { orDefect } from "@kite/adapters/postgres/Rows"
import { InvalidCredentials, InvalidResetToken, type WeakPassword, WrongPassword } from "@kite/domain/auth/AuthErrors"
import type { NewPassword, PasswordAttempt, ResetToken } from "@kite/domain/auth/Password"
import type { Email } from "@kite/domain/users/Email"
import type { CurrentUser } from "@kite/domain/users/User"
import { Context, Effect, Layer, Option } from "effect"
import { SqlClient } from "effect/sql"
import { makeRecordAccountEvent } from "../audit/AccountEvents.ts"
import { AuditLog } from "../audit/AuditLog.ts"
import { publicUrl } from "../http/PublicUrl.ts"
import { PasswordGuesses } from "../limits/PasswordGuesses.ts"
import { passwordChangedMail, passwordResetMail } from "../users/UserMails.ts"
import { type Account, Users } from "../users/Users.ts"
import { PasswordHasher } from "./passwords/PasswordHasher.ts"
import { checkPassword } from "./passwords/PasswordPolicy.ts"
import { PasswordResets } from "./passwords/PasswordResets.ts"
import { Sessions } from "./sessions/Sessions.ts"

/** Login by password, and the two ways to replace a password: by knowing it, or by reading the account's mail. */
export class Passwords extends Context.Service<
  Passwords,
  {
    /** Which account logs in; `Logins.complete` goes on from there. An unknown e-mail takes as long as a wrong password. */
    readonly authenticate: (email: Email, password: PasswordAttempt) => Effect.Effect<Account, InvalidCredentials>
    /** Ends every session of the account but the current one. */
    readonly change: (
      user: CurrentUser["Service"],
      current: PasswordAttempt,
      next: NewPassword
    ) => Effect.Effect<void, WrongPassword | WeakPassword>
    /** Everything happens in the background, so that the response does not reveal whether the account exists. */
    readonly requestReset: (email: Email) => Effect.Effect<void>
    /** Ends every session of the account. */
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
      const recordAccountEvent = yield* makeRecordAccountEvent
      const users = yield* Users
      const sessions = yield* Sessions
      const resets = yield* PasswordResets
      const hasher = yield* PasswordHasher
      const guesses = yield* PasswordGuesses
      const mails = yield* MailQueue
      const baseUrl = yield* publicUrl

      return Passwords.of({
        authenticate: Effect.fn("Passwords.authenticate")(function* (email, password) {
          const account = Option.getOrUndefined(yield* users.findAccountByEmail(email))
          const matches = yield* hasher.verify(account?.passwordHash, password)
          if (account !== undefined && matches && account.active) return account
          yield* recordAccountEvent("login_failed", account?.user.id)
          return yield* new InvalidCredentials({})
        }),
        change: Effect.fn("Passwords.change")(function* ({ id, sessionId }, current, next) {
          const account = Option.getOrUndefined(yield* users.findAccountById(id))
          const matches = yield* hasher.verify(account?.passwordHash, current)
          if (account === undefined || !matches) {
            yield* recordAccountEvent("password_change_failed", id)
            return yield* new WrongPassword({})
          }
          yield* checkPassword(next, account.user.email)
          const passwordHash = yield* hasher.hash(next)
          yield* Effect.gen(function* () {
            if (!(yield* users.replacePasswordHash(account, passwordHash))) return yield* new WrongPassword({})
            yield* resets.removeAll(id)
            yield* recordAccountEvent("password_changed", id)
            yield* sessions.endAll(id, sessionId)
          }).pipe(sql.withTransaction, orDefect)
          yield* guesses.forget(account.user)
          yield* mails.offer(Effect.succeedSome(passwordChangedMail(account.user.email)))
        }),
        requestReset: (email) =>
          mails.offerUnseen(
            Effect.gen(function* () {
              const account = yield* users.findAccountByEmail(email)
              if (Option.isNone(account) || !account.value.active) return Option.none()
              const { user } = account.value
              const token = yield* resets.add(user.id)
              if (Option.isSome(token)) yield* recordAccountEvent("password_reset_requested", user.id)
              return Option.map(token, (secret) => passwordResetMail(user.email, baseUrl, secret))
            })
          ),
        confirmReset: Effect.fn("Passwords.confirmReset")(function* (token, next) {
          const owner = yield* resets.find(token)
          const found = Option.isSome(owner) ? yield* users.findAccountById(owner.value) : Option.none()
          const account = Option.getOrUndefined(found)
          if (!account?.active) return yield* new InvalidResetToken({})
          const { id, email } = account.user
          yield* checkPassword(next, email)
          const passwordHash = yield* hasher.hash(next)
          yield* Effect.gen(function* () {
            const used = yield* resets.use(token)
            if (Option.isNone(used) || !(yield* users.replacePasswordHash(account, passwordHash))) {
              return yield* new InvalidResetToken({})
            }
            yield* recordAccountEvent("password_reset", id)
            yield* sessions.endAll(id)
          }).pipe(sql.withTransaction, orDefect)
          yield* guesses.forget(account.user)
          yield* mails.offer(Effect.succeedSome(passwordChangedMail(email)))
        })
      })
    })
  )

  static readonly layer = Passwords.layerNoDeps.pipe(
    Layer.provide([Users.layer, Sessions.layer, PasswordResets.layer]),
    Layer.provide([PasswordHasher.layer, PasswordGuesses.layer, MailQueue.layer, AuditLog.layer])
  )
}

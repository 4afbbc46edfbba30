import { orDefect } from "@kite/adapters/postgres/Rows"
import type { AdminUser } from "@kite/domain/admin/AdminUser"
import type { NewUser } from "@kite/domain/admin/UsersApi"
import { Unauthenticated, type WeakPassword } from "@kite/domain/auth/AuthErrors"
import type { NewPassword } from "@kite/domain/auth/Password"
import type { Email } from "@kite/domain/users/Email"
import type { User, UserId } from "@kite/domain/users/User"
import type { EmailTaken } from "@kite/domain/users/UserErrors"
import { Context, Effect, Layer, Option } from "effect"
import { SqlClient } from "effect/sql"
import { makeRecordAccountEvent } from "../audit/AccountEvents.ts"
import { AuditLog } from "../audit/AuditLog.ts"
import { PasswordHasher } from "../auth/passwords/PasswordHasher.ts"
import { checkPassword } from "../auth/passwords/PasswordPolicy.ts"
import { Users } from "./Users.ts"

/** Creates accounts, and shows each to its owner. */
export class Accounts extends Context.Service<
  Accounts,
  {
    /** The owner creates the account: a `user` with QUOTA_BYTES. */
    readonly register: (email: Email, password: NewPassword) => Effect.Effect<User, EmailTaken | WeakPassword>
    /**
     * Somebody else creates it: an admin, or what `by` names (the command line, the settings). Joins the surrounding
     * transaction.
     */
    readonly create: (user: NewUser, by?: string) => Effect.Effect<AdminUser, EmailTaken | WeakPassword>
    readonly find: (id: UserId) => Effect.Effect<User, Unauthenticated>
  }
>()("@kite/server/users/Accounts") {
  static readonly layerNoDeps = Layer.effect(
    Accounts,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const recordAccountEvent = yield* makeRecordAccountEvent
      const audit = yield* AuditLog
      const users = yield* Users
      const hasher = yield* PasswordHasher

      const add = Effect.fnUntraced(function* (
        { email, password, role = "user", limitBytes }: NewUser,
        record: (user: AdminUser) => Effect.Effect<void>
      ) {
        yield* checkPassword(password, email)
        const passwordHash = yield* hasher.hash(password)
        return yield* users
          .create({ email, passwordHash, role, limitBytes })
          .pipe(Effect.tap(record), sql.withTransaction, orDefect)
      })

      return Accounts.of({
        register: Effect.fn("Accounts.register")(function* (email, password) {
          const { active, ...user } = yield* add({ email, password }, ({ id }) => recordAccountEvent("register", id))
          return user
        }),
        create: Effect.fn("Accounts.create")(function* (user, by) {
          return yield* add(user, ({ id, role }) => {
            const details = { role, ...(by !== undefined && { by }) }
            return audit.record({ action: "user_created", subject: { type: "user", id }, details })
          })
        }),
        find: Effect.fn("Accounts.find")(function* (id) {
          const account = yield* users.findAccountById(id)
          return Option.isSome(account) ? account.value.user : yield* new Unauthenticated({})
        })
      })
    })
  )

  static readonly layer = Accounts.layerNoDeps.pipe(Layer.provide([Users.layer, PasswordHasher.layer, AuditLog.layer]))
}

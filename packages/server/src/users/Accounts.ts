import { orDefect } from "@kite/adapters/postgres/Rows"
import type { AdminUser } from "@kite/domain/admin/AdminUser"
import type { NewUser } from "@kite/domain/admin/UsersApi"
import { Unauthenticated, type WeakPassword } from "@kite/domain/auth/AuthErrors"
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
    /**
     * The owner creates the account: a `user` with QUOTA_BYTES, unless an invite says otherwise. `useInvite` uses it up in the
     * same transaction, and proves the e-mail address.
     */
    readonly register: <E = never>(
      user: NewUser,
      useInvite?: (id: UserId) => Effect.Effect<void, E>
    ) => Effect.Effect<User, EmailTaken | WeakPassword | E>
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

      const add = Effect.fnUntraced(function* <E>(
        { email, password, role = "user", limitBytes }: NewUser,
        emailProven: boolean,
        record: (user: AdminUser) => Effect.Effect<void, E>
      ) {
        yield* checkPassword(password, email)
        const passwordHash = yield* hasher.hash(password)
        return yield* users
          .create({ email, passwordHash, role, limitBytes, emailProven })
          .pipe(Effect.tap(record), sql.withTransaction, orDefect)
      })

      return Accounts.of({
        register: Effect.fn("Accounts.register")(function* (user, useInvite) {
          const { active, ...created } = yield* add(user, useInvite !== undefined, ({ id }) =>
            Effect.andThen(recordAccountEvent("register", id), useInvite?.(id) ?? Effect.void)
          )
          return created
        }),
        create: Effect.fn("Accounts.create")(function* (user, by) {
          return yield* add(user, true, ({ id, role }) => {
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

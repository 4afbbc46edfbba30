import { orDefect } from "@kite/adapters/postgres/Rows"
import type { EmailTaken, WeakPassword } from "@kite/domain/auth/AuthErrors"
import type { AdminUser, NewUser } from "@kite/domain/users/AdminUser"
import { Context, Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { AuditLog } from "../audit/AuditLog.ts"
import { PasswordHasher } from "../auth/passwords/PasswordHasher.ts"
import { checkPassword } from "../auth/passwords/PasswordPolicy.ts"
import { Users } from "./Users.ts"

/** Accounts that are made for somebody, by an admin, by the operator or by the settings. */
export class AccountCreation extends Context.Service<
  AccountCreation,
  {
    /** `by`: what made it, where no admin did. Joins the surrounding transaction. */
    readonly create: (user: NewUser, by?: string) => Effect.Effect<AdminUser, EmailTaken | WeakPassword>
  }
>()("@kite/server/admin/AccountCreation") {
  static readonly layerNoDeps = Layer.effect(
    AccountCreation,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const users = yield* Users
      const hasher = yield* PasswordHasher
      const audit = yield* AuditLog
      return AccountCreation.of({
        create: Effect.fn("AccountCreation.create")(function* ({ email, password, role = "user", limitBytes }, by) {
          yield* checkPassword(password, email)
          const passwordHash = yield* hasher.hash(password)
          const details = { role, ...(by !== undefined && { by }) }
          const user = yield* users.create({ email, passwordHash, role, limitBytes }).pipe(
            Effect.tap(({ id }) => audit.record({ action: "user_created", subject: { type: "user", id }, details })),
            sql.withTransaction,
            orDefect
          )
          return { ...user, active: true }
        })
      })
    })
  )

  static readonly layer = AccountCreation.layerNoDeps.pipe(
    Layer.provide([Users.layer, PasswordHasher.layer, AuditLog.layer])
  )
}

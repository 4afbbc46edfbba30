import { orDefect } from "@kite/adapters/postgres/Rows"
import { Settings, SettingsError } from "@kite/adapters/settings/Settings"
import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { AccountCreation } from "./Accounts.ts"

const wrong = (message: string) => new SettingsError({ message: `Wrong settings\n${message}` })

/**
 * Makes ADMIN_EMAIL with ADMIN_PASSWORD the first account, as an admin, when the server starts on a database without any.
 * Later they change nothing: not the password, and no account that was demoted or deactivated comes back.
 */
export const layer = Layer.effectDiscard(
  Effect.gen(function* () {
    const { ADMIN_EMAIL: email, ADMIN_PASSWORD: password } = yield* Settings
    if (email === undefined && password === undefined) return
    if (email === undefined || password === undefined) {
      return yield* wrong("ADMIN_EMAIL and ADMIN_PASSWORD need one another")
    }
    const sql = yield* SqlClient.SqlClient
    const { create } = yield* AccountCreation
    const make = Effect.gen(function* () {
      // Servers that start at once make one admin.
      yield* sql`SELECT pg_advisory_xact_lock(hashtext('kite first admin'))`
      const somebody = yield* sql`SELECT 1 FROM users LIMIT 1`
      if (somebody.length > 0) return
      yield* create({ email, password, role: "admin" }, "settings")
      yield* Effect.logInfo("Made the first admin, as ADMIN_EMAIL says")
    })
    yield* orDefect(sql.withTransaction(make)).pipe(
      Effect.catchTags({
        EmailTaken: () => Effect.void,
        WeakPassword: ({ detail, title }) => wrong(`ADMIN_PASSWORD: ${detail ?? title}`)
      })
    )
  })
).pipe(Layer.provide(AccountCreation.layer))

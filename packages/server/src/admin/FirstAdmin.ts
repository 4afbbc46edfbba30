import { orDefect } from "@kite/adapters/postgres/Rows"
import { Settings, SettingsError } from "@kite/adapters/settings/Settings"
import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { Accounts } from "../users/Accounts.ts"

const wrong = (message: string) => new SettingsError({ message: `Wrong settings\n${message}` })

/**
 * Creates an admin from ADMIN_EMAIL and ADMIN_PASSWORD when the server starts on a database without accounts. Later the two
 * settings change nothing: not the password, nor an account that was demoted or deactivated.
 */
export const layer = Layer.effectDiscard(
  Effect.gen(function* () {
    const { ADMIN_EMAIL: email, ADMIN_PASSWORD: password } = yield* Settings
    if (email === undefined && password === undefined) return
    if (email === undefined || password === undefined) {
      return yield* wrong("ADMIN_EMAIL and ADMIN_PASSWORD must be set together")
    }
    const sql = yield* SqlClient.SqlClient
    const accounts = yield* Accounts
    const createFirst = Effect.gen(function* () {
      // Servers that start at the same time create one admin.
      yield* sql`SELECT pg_advisory_xact_lock(hashtext('kite first admin'))`
      const existing = yield* sql`SELECT 1 FROM users LIMIT 1`
      if (existing.length > 0) return
      yield* accounts.create({ email, password, role: "admin" }, "settings")
      yield* Effect.logInfo("Created the first admin from ADMIN_EMAIL")
    })
    yield* orDefect(sql.withTransaction(createFirst)).pipe(
      Effect.catchTags({
        EmailTaken: () => Effect.void,
        WeakPassword: ({ detail, title }) => wrong(`ADMIN_PASSWORD: ${detail ?? title}`)
      })
    )
  })
).pipe(Layer.provide(Accounts.layer))

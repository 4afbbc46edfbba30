import { assert } from "@effect/vitest"
import * as Database from "@kite/adapters/postgres/Database"
import * as Migrations from "@kite/adapters/postgres/Migrations"
import { onDatabase } from "@kite/testkit/postgres/DatabaseUrl"
import { TestDatabase } from "@kite/testkit/postgres/TestDatabase"
import { suite } from "@kite/testkit/Suite"
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

const run = Effect.fnUntraced(function* (statement: string) {
  const { url } = yield* TestDatabase
  return yield* SqlClient.SqlClient.use((sql) => sql`${sql.literal(statement)}`).pipe(
    Effect.provide(Database.layerUrl(url))
  )
})

/** A database with this encoding, dropped with the scope. */
const databaseWith = Effect.fnUntraced(function* (encoding: string) {
  const { url } = yield* TestDatabase
  const name = `encoded_${encoding.toLowerCase()}`
  const create = `CREATE DATABASE ${name} ENCODING '${encoding}' LOCALE 'C' TEMPLATE template0`
  yield* Effect.acquireRelease(run(create), () => Effect.orDie(run(`DROP DATABASE ${name} WITH (FORCE)`)))
  return onDatabase(url, name)
})

suite(TestDatabase.layerEmpty)("migrating refuses a database", (it) => {
  for (const encoding of ["SQL_ASCII", "LATIN1"]) {
    it.effect(`with the encoding ${encoding}, before it creates a table`, () =>
      Effect.gen(function* () {
        const url = yield* databaseWith(encoding)
        const { message } = yield* Effect.flip(Migrations.migrate(url))
        assert.strictEqual(
          message,
          `The database has the encoding ${encoding}: create it with ENCODING 'UTF8' TEMPLATE template0`
        )
        const tables = yield* SqlClient.SqlClient.use(
          (sql) => sql`SELECT 1 FROM pg_tables WHERE schemaname = 'public'`
        ).pipe(Effect.provide(Database.layerUrl(url)))
        assert.lengthOf(tables, 0)
      })
    )
  }

  it.effect("that a newer kite has migrated, and leaves it as it is", () =>
    Effect.gen(function* () {
      const { url } = yield* TestDatabase
      yield* Migrations.migrate(url)
      yield* run("INSERT INTO effect_sql_migrations (migration_id, name) VALUES (9000, 'of_a_newer_kite')")
      const { message } = yield* Effect.flip(Migrations.migrate(url))
      assert.match(message, /^The schema is newer \(9000\) than this kite \(\d+\): start the version that migrated it$/)
    })
  )
})

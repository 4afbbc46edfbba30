import { assert } from "@effect/vitest"
import * as Database from "@kite/adapters/postgres/Database"
import * as Migrations from "@kite/adapters/postgres/Migrations"
import { TestDatabase } from "@kite/testkit/postgres/TestDatabase"
import { suite } from "@kite/testkit/Suite"
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

suite(TestDatabase.layerEmpty)("Migrations", (it) => {
  it.effect("are each applied once, also when several processes start at the same time", () =>
    Effect.gen(function* () {
      const { url } = yield* TestDatabase
      const migrate = Migrations.migrate(url)
      const runs = yield* Effect.all([migrate, migrate, migrate, migrate], { concurrency: "unbounded" })
      const applied = runs.flat().map(([id]) => id)
      const recorded = yield* SqlClient.SqlClient.use(
        (sql) => sql<{ id: number }>`SELECT migration_id AS id FROM effect_sql_migrations ORDER BY migration_id`
      ).pipe(Effect.provide(Database.layerUrl(url)))
      assert.isNotEmpty(applied)
      assert.deepStrictEqual(
        applied,
        recorded.map(({ id }) => id)
      )
      assert.deepStrictEqual(yield* migrate, [])
    })
  )
})

import { assert } from "@effect/vitest"
import * as Database from "@kite/adapters/postgres/Database"
import * as Migrations from "@kite/adapters/postgres/Migrations"
import { Settings } from "@kite/adapters/settings/Settings"
import { TwoRoles } from "@kite/testkit/postgres/TwoRoles"
import { suite } from "@kite/testkit/Suite"
import { Effect, Layer, Redacted } from "effect"
import { SqlClient } from "effect/sql"

const start = (variables: Readonly<Record<string, Redacted.Redacted<string>>>) => {
  const plain = Object.fromEntries(Object.entries(variables).map(([name, url]) => [name, Redacted.value(url)]))
  return Effect.scoped(Layer.build(Migrations.layer.pipe(Layer.provide(Settings.layerOf(plain)), Layer.fresh)))
}

suite(TwoRoles.layer)("migrations at the start", (it) => {
  it.effect("need the owner while migrations are pending, then run as either role", () =>
    Effect.gen(function* () {
      const { ownerUrl, applicationUrl } = yield* TwoRoles
      const asOwner = (statement: string) =>
        SqlClient.SqlClient.use((sql) => sql`${sql.literal(statement)}`).pipe(
          Effect.provide(Database.layerUrl(ownerUrl))
        )
      const alone = start({ DATABASE_URL: applicationUrl })
      yield* start({ DATABASE_MIGRATE_URL: ownerUrl, DATABASE_URL: applicationUrl })
      yield* start({ DATABASE_URL: ownerUrl })
      yield* alone
      yield* asOwner(
        "DELETE FROM effect_sql_migrations WHERE migration_id = (SELECT max(migration_id) FROM effect_sql_migrations)"
      )
      const behind = yield* Effect.flip(alone)
      assert.match(behind.message, /has not this version's schema.*run kite migrate with DATABASE_MIGRATE_URL/)
      yield* asOwner("DROP TABLE effect_sql_migrations")
      assert.strictEqual((yield* Effect.flip(alone)).message, behind.message)
    })
  )

  it.effect("fail with the names of the missing variables", () =>
    Effect.gen(function* () {
      assert.match((yield* Effect.flip(start({}))).message, /DATABASE_MIGRATE_URL or DATABASE_URL is missing/)
    })
  )
})

import { assert, it } from "@effect/vitest"
import { connect } from "@kite/adapters/redis/Redis"
import { TestDatabase, testDatabase } from "@kite/testkit/postgres/TestDatabase"
import { TestRedis } from "@kite/testkit/redis/TestRedis"
import { Context, Effect, Layer, Redacted } from "effect"
import { SqlClient } from "effect/sql"
import { describe, inject } from "vitest"

const databaseNames = Effect.map(
  SqlClient.SqlClient.use((sql) => sql<{ datname: string }>`SELECT datname FROM pg_database`).pipe(
    Effect.provide(testDatabase)
  ),
  (rows) => rows.map(({ datname }) => datname)
)

describe("The real parts", () => {
  it.live("give each suite its own migrated database, and drop it afterwards", () =>
    Effect.gen(function* () {
      const use = Effect.scoped(
        Effect.gen(function* () {
          const context = yield* Layer.build(Layer.fresh(testDatabase))
          const sql = Context.get(context, SqlClient.SqlClient)
          assert.deepStrictEqual(yield* sql`SELECT id FROM users`, [])
          yield* sql`CREATE TABLE mine (n int)`
          return new URL(Redacted.value(Context.get(context, TestDatabase).url)).pathname.slice(1)
        })
      )
      const names = yield* Effect.all([use, use], { concurrency: 2 })
      assert.notStrictEqual(names[0], names[1])
      const left = yield* databaseNames
      assert.deepStrictEqual(
        left.filter((name) => names.includes(name)),
        []
      )
    })
  )

  it.live("give each suite its own keys in the shared Redis, and remove them afterwards", () =>
    Effect.gen(function* () {
      const shared = yield* connect(Redacted.make(inject("redisUrl")))
      const keyPrefix = yield* Effect.scoped(
        Effect.gen(function* () {
          const { url, keyPrefix } = Context.get(yield* Layer.build(TestRedis.layer), TestRedis)
          const client = yield* connect(url)
          yield* Effect.promise(() => client.set("key", "mine"))
          assert.strictEqual(yield* Effect.promise(() => shared.get(`${keyPrefix}key`)), "mine")
          return keyPrefix
        })
      )
      assert.deepStrictEqual(yield* Effect.promise(() => shared.keys(`${keyPrefix}*`)), [])
    })
  )
})

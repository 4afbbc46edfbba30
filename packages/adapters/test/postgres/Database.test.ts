import { assert } from "@effect/vitest"
import * as Database from "@kite/adapters/postgres/Database"
import { TestDatabase } from "@kite/testkit/postgres/TestDatabase"
import { suite } from "@kite/testkit/Suite"
import { Context, Deferred, Duration, Effect, Fiber, Layer, Redacted } from "effect"
import { SqlClient } from "effect/sql"

const connect = Effect.fnUntraced(function* (options: Database.DatabaseOptions) {
  const { url } = yield* TestDatabase
  return Context.get(yield* Layer.build(Database.layerUrl(url, options)), SqlClient.SqlClient)
})

/** A running transaction that does not end by itself. */
const hold = Effect.fnUntraced(function* (sql: SqlClient.SqlClient) {
  const isIn = yield* Deferred.make<void>()
  const fiber = yield* Effect.forkScoped(
    sql.withTransaction(Effect.andThen(Deferred.succeed(isIn, undefined), Effect.never))
  )
  yield* Deferred.await(isIn)
  return fiber
})

suite(TestDatabase.layerEmpty)("Database", (it) => {
  it.effect("uses camelCase in TypeScript, snake_case in SQL, UTC and its name", () =>
    Effect.gen(function* () {
      const sql = yield* connect({ applicationName: "kite-test" })
      const rows = yield* sql`
        SELECT 1 AS some_number, current_setting('timezone') AS time_zone, current_setting('application_name') AS name`
      assert.deepStrictEqual(rows, [{ someNumber: 1, timeZone: "UTC", name: "kite-test" }])
    })
  )

  it.effect("cancels a statement that takes too long and reports the time-out", () =>
    Effect.gen(function* () {
      const sql = yield* connect({ statementTimeout: "200 millis" })
      const error = yield* Effect.flip(sql`SELECT pg_sleep(60)`)
      assert.strictEqual(error.reason._tag, "StatementTimeoutError")
    })
  )

  it.effect("rolls back a transaction that fails and commits one that succeeds", () =>
    Effect.gen(function* () {
      const sql = yield* connect({})
      yield* sql`CREATE TABLE kept (n int)`
      const failing = sql.withTransaction(
        Effect.andThen(sql`INSERT INTO kept VALUES (1)`, Effect.fail("changed my mind"))
      )
      assert.strictEqual(yield* Effect.flip(failing), "changed my mind")
      yield* sql.withTransaction(sql`INSERT INTO kept VALUES (2)`)
      assert.deepStrictEqual(yield* sql`SELECT n FROM kept`, [{ n: 2 }])
    })
  )

  it.effect("shares its connections between many fibers, and each gets its own rows", () =>
    Effect.gen(function* () {
      const sql = yield* connect({ maxConnections: 2 })
      const numbers = Array.from({ length: 500 }, (_, n) => n)
      const rows = yield* Effect.forEach(numbers, (n) => sql`SELECT ${n}::int AS n`, { concurrency: "unbounded" })
      assert.deepStrictEqual(
        rows.map(([row]) => row),
        numbers.map((n) => ({ n }))
      )
    })
  )

  it.effect("refuses a transaction that gets no connection in time, while statements still run", () =>
    Effect.gen(function* () {
      const sql = yield* connect({ acquireTimeout: "100 millis", maxConnections: 3 })
      yield* hold(sql)
      yield* hold(sql)
      const [elapsed, error] = yield* Effect.timed(Effect.flip(sql.withTransaction(sql`SELECT 1`)))
      assert.strictEqual(error._tag, "SqlError")
      assert.isTrue(error.isRetryable)
      assert.isBelow(Duration.toMillis(elapsed), 2_000)
      assert.deepStrictEqual(yield* sql`SELECT 1 AS n`, [{ n: 1 }])
    })
  )

  it.effect("counts nested transactions as one", () =>
    Effect.gen(function* () {
      const sql = yield* connect({ acquireTimeout: "100 millis", maxConnections: 2 })
      assert.deepStrictEqual(yield* sql.withTransaction(sql.withTransaction(sql`SELECT 2 AS n`)), [{ n: 2 }])
    })
  )

  it.effect("gives a waiting transaction the connection of one that is interrupted", () =>
    Effect.gen(function* () {
      const sql = yield* connect({ maxConnections: 2 })
      const before = yield* hold(sql)
      const waiting = yield* Effect.forkChild(sql.withTransaction(sql`SELECT 3 AS n`))
      yield* Fiber.interrupt(before)
      assert.deepStrictEqual(yield* Fiber.join(waiting), [{ n: 3 }])
    })
  )

  it.effect("gives the transaction that waits the longest its turn before new ones", () =>
    Effect.gen(function* () {
      const sql = yield* connect({ maxConnections: 2 })
      const first = yield* hold(sql)
      const order: Array<string> = []
      const run = (name: string) =>
        sql.withTransaction(
          Effect.andThen(
            sql`SELECT 1`,
            Effect.sync(() => order.push(name))
          )
        )
      const waiting = yield* Effect.forEach(["a", "b", "c"], (name) =>
        Effect.forkChild(run(name), { startImmediately: true })
      )
      yield* Fiber.interrupt(first)
      yield* Effect.forEach(["d", "e", "f"], run)
      yield* Effect.forEach(waiting, Fiber.join)
      assert.deepStrictEqual(order.slice(0, 3), ["a", "b", "c"])
    })
  )

  it.effect("fails at once with a retryable error if no server listens", () =>
    Effect.gen(function* () {
      const nowhere = Database.layerUrl(Redacted.make("postgres://kite:secret@127.0.0.1:1/kite"))
      const error = yield* SqlClient.SqlClient.use(Database.check).pipe(Effect.provide(nowhere), Effect.flip)
      assert.isTrue(error.isRetryable)
    })
  )
})

import { assert } from "@effect/vitest"
import * as Database from "@kite/adapters/postgres/Database"
import { eventually } from "@kite/testkit/Eventually"
import { suite } from "@kite/testkit/Suite"
import { Duration, Effect, Fiber } from "effect"
import type { SqlClient } from "effect/sql"
import { Victim } from "./Victim.ts"

/** A time-out of 500 ms, 2 s of grace and a margin for a busy machine; a new connection may need 5 s more to fail. */
const bound = 6_000

const signal = (pids: ReadonlyArray<number>, name: NodeJS.Signals) =>
  Effect.sync(() => {
    for (const pid of pids) process.kill(pid, name)
  })

/** Stops the processes until the scope closes, as a frozen machine or a cut cable would. */
const freeze = (pids: ReadonlyArray<number>) =>
  Effect.acquireRelease(signal(pids, "SIGSTOP"), () => signal(pids, "SIGCONT"))

const recovered = (sql: SqlClient.SqlClient) => eventually(Database.check(sql))

suite(Victim.layer)("Database, when PostgreSQL", (it) => {
  it.effect("freezes: statements fail in time and recover when it thaws", () =>
    Effect.gen(function* () {
      const { sql, processes } = yield* Victim
      yield* recovered(sql)
      yield* Effect.scoped(
        Effect.gen(function* () {
          yield* freeze(yield* processes)
          const statements = Effect.all(
            Array.from({ length: 20 }, () => Effect.flip(sql`SELECT 1`)),
            { concurrency: "unbounded" }
          )
          const [elapsed, errors] = yield* Effect.timed(statements)
          assert.isTrue(errors.every((error) => error.isRetryable))
          assert.isBelow(Duration.toMillis(elapsed), bound)
        })
      )
      yield* recovered(sql)
    })
  )

  it.effect("freezes within a transaction: it fails in time with a retryable error", () =>
    Effect.gen(function* () {
      const { sql, processes } = yield* Victim
      yield* recovered(sql)
      const transaction = sql.withTransaction(
        Effect.gen(function* () {
          const pids = yield* processes
          yield* sql`SELECT 1`
          yield* freeze(pids)
          return yield* sql`SELECT 2`
        })
      )
      const [elapsed, error] = yield* Effect.timed(Effect.flip(Effect.scoped(transaction)))
      assert.isTrue(error.isRetryable)
      assert.isBelow(Duration.toMillis(elapsed), bound)
      yield* recovered(sql)
    })
  )

  it.effect("is frozen when a transaction begins: it fails in time although nothing can interrupt a BEGIN", () =>
    Effect.gen(function* () {
      const { sql, processes } = yield* Victim
      yield* recovered(sql)
      yield* Effect.scoped(
        Effect.gen(function* () {
          yield* freeze(yield* processes)
          const [elapsed, error] = yield* Effect.timed(Effect.flip(sql.withTransaction(sql`SELECT 1`)))
          assert.isTrue(error.isRetryable)
          assert.isBelow(Duration.toMillis(elapsed), bound)
        })
      )
      yield* recovered(sql)
    })
  )

  it.effect("freezes: check reports it within 2 s", () =>
    Effect.gen(function* () {
      const { sql, processes } = yield* Victim
      yield* recovered(sql)
      const [elapsed] = yield* Effect.scoped(
        Effect.andThen(Effect.flatMap(processes, freeze), Effect.timed(Effect.flip(Database.check(sql))))
      )
      assert.isBelow(Duration.toMillis(elapsed), 2_500)
    })
  )

  it.effect("is killed: running statements fail at once and later ones work again", () =>
    Effect.gen(function* () {
      const { sql, processes } = yield* Victim
      yield* recovered(sql)
      const pids = yield* processes
      const running = yield* Effect.forkChild(
        Effect.flip(sql.withTransaction(sql`SELECT pg_sleep(0.4), pg_sleep(0.4)`))
      )
      yield* eventually(
        sql`SELECT 1 FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%'`,
        (rows) => rows.length > 0
      )
      yield* signal(pids.slice(0, 1), "SIGKILL")
      assert.isTrue((yield* Fiber.join(running)).isRetryable)
      yield* recovered(sql)
    })
  )
})

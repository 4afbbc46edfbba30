import { randomUUID } from "node:crypto"
import { assert } from "@effect/vitest"
import { RevokedSessions } from "@kite/server/auth/tokens/RevokedSessions"
import { eventually } from "@kite/testkit/Eventually"
import { testDatabase } from "@kite/testkit/postgres/TestDatabase"
import { suite } from "@kite/testkit/Suite"
import { Clock, Context, Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"

suite(RevokedSessions.layer.pipe(Layer.provideMerge(testDatabase)))("ended sessions", (it) => {
  it.effect("are announced when their transaction commits, and never when it is rolled back", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const here = yield* RevokedSessions
      const there = Context.get(yield* Layer.build(Layer.fresh(RevokedSessions.layer)), RevokedSessions)
      const [undone, done] = [randomUUID(), randomUUID()]
      const issuedAt = Math.floor((yield* Clock.currentTimeMillis) / 1000)
      yield* Effect.flip(sql.withTransaction(Effect.andThen(here.revoke([undone]), Effect.fail("rolled back"))))
      yield* sql.withTransaction(
        Effect.gen(function* () {
          yield* here.revoke([done])
          assert.isFalse(yield* here.has(done, issuedAt), "not before the commit")
        })
      )
      assert.isTrue(yield* here.has(done, issuedAt), "on this instance as soon as the transaction returns")
      // Postgres delivers in the order of the commits: an earlier announcement would have arrived by now.
      yield* eventually(there.has(done, issuedAt), Boolean, "5 seconds")
      for (const instance of [here, there]) assert.isFalse(yield* instance.has(undone, issuedAt))
    })
  )
})

import { randomUUID } from "node:crypto"
import { assert, layer } from "@effect/vitest"
import { testDatabase } from "@kite/testkit/postgres/TestDatabase"
import { Clock, Effect, Layer, Schedule } from "effect"
import { SqlClient } from "effect/sql"
import { RevokedSessions } from "../../../src/auth/tokens/RevokedSessions.ts"

layer(RevokedSessions.layer.pipe(Layer.provideMerge(testDatabase)), { excludeTestServices: true })(
  "the ends of sessions",
  (it) => {
    it.effect("are told with the commit of their transaction, and not at all when it is rolled back", () =>
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const revoked = yield* RevokedSessions
        const [undone, done] = [randomUUID(), randomUUID()]
        const issuedAt = Math.floor((yield* Clock.currentTimeMillis) / 1000)
        yield* Effect.flip(sql.withTransaction(Effect.andThen(revoked.announce([undone]), Effect.fail("rolled back"))))
        yield* sql.withTransaction(revoked.announce([done]))
        // Postgres delivers in the order of the commits: what was told before would be known by now.
        yield* revoked
          .has(done, issuedAt)
          .pipe(
            Effect.repeat({ until: (isKnown) => isKnown, schedule: Schedule.spaced("5 millis") }),
            Effect.timeout("5 seconds")
          )
        assert.isFalse(yield* revoked.has(undone, issuedAt))
      })
    )
  }
)

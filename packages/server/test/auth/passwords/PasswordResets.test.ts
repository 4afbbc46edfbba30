import { assert } from "@effect/vitest"
import { Settings } from "@kite/adapters/settings/Settings"
import { Email } from "@kite/domain/users/Email"
import { PasswordResets } from "@kite/server/auth/passwords/PasswordResets"
import { Users } from "@kite/server/users/Users"
import { eventually } from "@kite/testkit/Eventually"
import { testDatabase } from "@kite/testkit/postgres/TestDatabase"
import { suite } from "@kite/testkit/Suite"
import { Effect, Fiber, Latch, Layer, Option } from "effect"
import { SqlClient } from "effect/sql"

const parts = Layer.mergeAll(PasswordResets.layer, Users.layer).pipe(
  Layer.provide(Settings.layerOf({})),
  Layer.provideMerge(testDatabase)
)

suite(parts)("reset tokens", (it) => {
  it.effect("are three an hour, although six are asked for at the same time", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const users = yield* Users
      const resets = yield* PasswordResets
      const email = Email.make("ada@example.org")
      const { id } = yield* users.create({ email, passwordHash: "-", role: "user", emailProven: true })
      const waiting = sql`
        SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`
      const [locked, release] = [yield* Latch.make(), yield* Latch.make()]
      // Nobody can add a token for an account that is locked like this, so all six are under way before the first ends.
      const holder = yield* sql`SELECT 1 FROM users WHERE id = ${id} FOR UPDATE`.pipe(
        Effect.andThen(locked.open),
        Effect.andThen(release.await),
        sql.withTransaction,
        Effect.forkChild
      )
      yield* locked.await
      const adding = yield* Effect.forkChild(
        Effect.all(
          Array.from({ length: 6 }, () => resets.add(id)),
          { concurrency: "unbounded" }
        )
      )
      yield* eventually(waiting, ({ length }) => length === 6)
      yield* release.open
      yield* Fiber.join(holder)
      assert.lengthOf((yield* Fiber.join(adding)).filter(Option.isSome), 3)
    })
  )
})

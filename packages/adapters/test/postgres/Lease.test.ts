import { assert, it } from "@effect/vitest"
import { keepRenewing } from "@kite/adapters/postgres/Lease"
import { Effect } from "effect"
import { TestClock } from "effect/testing"

it.effect("a lease is renewed until its scope closes, also after a renewal that failed", () =>
  Effect.gen(function* () {
    let renewals = 0
    const renew = Effect.suspend(() => (++renewals === 1 ? Effect.die(new Error("the database is away")) : Effect.void))
    yield* Effect.scoped(
      Effect.gen(function* () {
        yield* keepRenewing(renew, "5 seconds")
        yield* TestClock.adjust("4 seconds")
        assert.strictEqual(renewals, 0)
        yield* TestClock.adjust("11 seconds")
        assert.strictEqual(renewals, 3)
      })
    )
    yield* TestClock.adjust("1 minute")
    assert.strictEqual(renewals, 3)
  })
)

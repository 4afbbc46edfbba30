import { createSecretKey } from "node:crypto"
import { assert, it } from "@effect/vitest"
import { UserId } from "@kite/domain/users/User"
import { AccessTokens } from "@kite/server/auth/tokens/AccessTokens"
import { RevokedSessions } from "@kite/server/auth/tokens/RevokedSessions"
import { TokenKeys } from "@kite/server/auth/tokens/TokenKeys"
import { Effect, Layer, Redacted } from "effect"
import { TestClock } from "effect/testing"

const key = createSecretKey(Buffer.alloc(32, 7))

const tokens = AccessTokens.layerNoDeps.pipe(
  Layer.provide(
    Layer.mock(TokenKeys, {
      signing: Effect.succeed({ kid: "one", key, createdAt: 0 }),
      find: (kid) => Effect.succeed(kid === "one" ? key : undefined)
    })
  ),
  Layer.provide(Layer.mock(RevokedSessions, { has: () => Effect.succeed(false) }))
)
const claims = { sub: UserId.make("01a20547-7f9d-76a0-9327-1ddeec11e89a"), role: "user", sid: "a session" } as const

it.effect("an access token is valid for exactly 15 minutes, whether it is cached or not", () =>
  Effect.gen(function* () {
    const { issue, verify } = yield* AccessTokens
    yield* TestClock.adjust("1 day")
    const [seen, unseen] = [yield* issue(claims), yield* issue({ ...claims, sid: "another" })].map((jwt) =>
      Redacted.make(jwt)
    )
    if (seen === undefined || unseen === undefined) return assert.fail("no tokens")
    assert.deepStrictEqual(yield* verify(seen), claims)
    yield* TestClock.adjust("899 seconds")
    assert.deepStrictEqual(yield* verify(seen), claims)
    yield* TestClock.adjust("1 second")
    for (const token of [seen, unseen]) assert.strictEqual((yield* Effect.flip(verify(token)))._tag, "Unauthenticated")
  }).pipe(Effect.provide(tokens))
)

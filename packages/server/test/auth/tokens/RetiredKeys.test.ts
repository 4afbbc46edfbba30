import { assert } from "@effect/vitest"
import { Settings } from "@kite/adapters/settings/Settings"
import { UserId } from "@kite/domain/users/User"
import { AccessTokens } from "@kite/server/auth/tokens/AccessTokens"
import { TokenKeys } from "@kite/server/auth/tokens/TokenKeys"
import { testDatabase } from "@kite/testkit/postgres/TestDatabase"
import { suite } from "@kite/testkit/Suite"
import { Effect, Layer, Redacted } from "effect"

const settings = Settings.layerOf({ TOKEN_SECRET: "a secret of the tests, and of nobody else" })
// Both stand on the same keys: a layer is built once.
const tokens = Layer.merge(AccessTokens.layer, TokenKeys.layer).pipe(Layer.provide([testDatabase, settings]))

suite(tokens)("an access token", (it) => {
  it.effect("ends with its key, although it has been verified before", () =>
    Effect.gen(function* () {
      const { issue, verify } = yield* AccessTokens
      const keys = yield* TokenKeys
      const sub = UserId.make("01977a5e-8c2b-7000-8000-000000000000")
      const token = Redacted.make(yield* issue({ sub, role: "user", sid: "01977a5e-8c2b-7000-8000-000000000001" }))
      assert.strictEqual((yield* verify(token)).sub, sub)
      yield* keys.rotate
      assert.strictEqual((yield* verify(token)).sub, sub)
      yield* keys.rotate
      assert.strictEqual((yield* Effect.flip(verify(token)))._tag, "Unauthenticated")
    })
  )
})

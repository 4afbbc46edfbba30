import { assert } from "@effect/vitest"
import { PasswordHasher } from "@kite/server/auth/passwords/PasswordHasher"
import { suite } from "@kite/testkit/Suite"
import { Cause, Effect, Exit, Redacted } from "effect"

const password = Redacted.make("up, up and away 9")

suite(PasswordHasher.layer)("password hashes", (it) => {
  it.effect("are argon2id at OWASP's cost, salted, and match only the exact password", () =>
    Effect.gen(function* () {
      const { hash, verify } = yield* PasswordHasher
      const [stored, again] = [yield* hash(password), yield* hash(password)]
      assert.match(stored, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
      assert.notStrictEqual(stored, again)
      assert.isTrue(yield* verify(stored, password))
      for (const other of ["up, up and away 8", "Up, up and away 9", "up, up and away 9 ", ""]) {
        assert.isFalse(yield* verify(stored, Redacted.make(other)), other)
      }
    })
  )

  it.effect("match nothing if there is no stored hash", () =>
    Effect.gen(function* () {
      const { verify } = yield* PasswordHasher
      assert.isFalse(yield* verify(undefined, password))
    })
  )

  it.effect("are refused beyond 256 at a time; the others are computed", () =>
    Effect.gen(function* () {
      const { verify } = yield* PasswordHasher
      const check = Effect.exit(verify(undefined, password))
      const exits = yield* Effect.all(
        Array.from({ length: 300 }, () => check),
        { concurrency: "unbounded" }
      )
      const refused = exits.filter(Exit.isFailure)
      assert.lengthOf(refused, 300 - 256)
      for (const { cause } of refused) assert.include(String(Cause.squash(cause)), "Unavailable")
      assert.isFalse(yield* verify(undefined, password))
    })
  )
})

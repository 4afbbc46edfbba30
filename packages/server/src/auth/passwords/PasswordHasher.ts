import { availableParallelism } from "node:os"
import { hash, verify } from "@node-rs/argon2"
import { Context, Effect, Layer, Redacted, Schema, Semaphore } from "effect"

/** OWASP Password Storage Cheat Sheet: argon2id (the library's default variant), 19 MiB, two passes, one lane. */
const cost = { memoryCost: 19456, timeCost: 2, parallelism: 1 }

/**
 * One core stays free for other requests. Measured on two cores with 50 logins at a time: the median of another request goes
 * from 2 to 2.5 ms instead of 4-8, at the price of 75 logins per second instead of 100.
 */
const atOnce = Math.max(1, availableParallelism() - 1)
/** Hashes that run or wait. More would wait for about 3 s; they are refused instead. */
const capacity = 256

/** Too many passwords wait to be hashed. Raised as a defect. */
export class HashingUnavailable extends Schema.TaggedError<HashingUnavailable>()("HashingUnavailable", {}) {}

/** Hashes and verifies passwords off the main thread. Dies with HashingUnavailable if too many are waiting. */
export class PasswordHasher extends Context.Service<
  PasswordHasher,
  {
    readonly hash: (password: Redacted.Redacted) => Effect.Effect<string>
    /** Without a stored hash it verifies against a dummy and fails, so that an unknown e-mail takes the same time. */
    readonly verify: (stored: string | undefined, password: Redacted.Redacted) => Effect.Effect<boolean>
  }
>()("@kite/server/auth/passwords/PasswordHasher") {
  static readonly layer = Layer.effect(
    PasswordHasher,
    Effect.gen(function* () {
      const turns = Semaphore.makeUnsafe(atOnce)
      const room = Semaphore.makeUnsafe(capacity)

      // A hash that has started cannot be cancelled: it keeps its permit until it ends, even if the client disconnects.
      const work = Effect.fnUntraced(function* <A>(run: () => Promise<A>) {
        const done = yield* room.withPermitsIfAvailable(1)(
          turns.withPermit(Effect.uninterruptible(Effect.promise(run)))
        )
        return done._tag === "Some" ? done.value : yield* Effect.die(new HashingUnavailable())
      })

      const dummy = yield* work(() => hash(crypto.randomUUID(), cost))
      return PasswordHasher.of({
        hash: (password) => work(() => hash(Redacted.value(password), cost)),
        verify: (stored, password) =>
          work(() => verify(stored ?? dummy, Redacted.value(password))).pipe(
            Effect.map((matches) => matches && stored !== undefined)
          )
      })
    })
  )
}

import { availableParallelism } from "node:os"
import { hash, verify } from "@node-rs/argon2"
import { Context, Effect, Layer, Redacted, Schema, Semaphore } from "effect"

/** OWASP Password Storage Cheat Sheet: argon2id (the library's default kind), 19 MiB, two passes, one lane. */
const cost = { memoryCost: 19456, timeCost: 2, parallelism: 1 }

/**
 * One core stays free for everything else. Measured on two cores with 50 logins at once: the median of another request goes
 * from 2 to 2.5 ms instead of 4-8, for 75 logins a second instead of 100.
 */
const atOnce = Math.max(1, availableParallelism() - 1)
/** Hashes that may be under way or wait; more would wait for some 3 s and are told to come back. */
const capacity = 256

/** Too many passwords wait to be hashed. Raised as a defect. */
export class HashingUnavailable extends Schema.TaggedError<HashingUnavailable>()("HashingUnavailable", {}) {}

/** Hashes and checks passwords off the main thread. Dies with HashingUnavailable where too many wait. */
export class PasswordHasher extends Context.Service<
  PasswordHasher,
  {
    readonly hash: (password: Redacted.Redacted) => Effect.Effect<string>
    /** Without a stored hash a constant one is checked instead, so that an unknown e-mail costs the same time. */
    readonly verify: (stored: string | undefined, password: Redacted.Redacted) => Effect.Effect<boolean>
  }
>()("@kite/server/auth/PasswordHasher") {
  static readonly layer = Layer.effect(
    PasswordHasher,
    Effect.gen(function* () {
      const turns = Semaphore.makeUnsafe(atOnce)
      const room = Semaphore.makeUnsafe(capacity)

      // A hash that has begun runs to its end: a client that leaves must not make room for one more at the same time.
      const work = Effect.fnUntraced(function* <A>(run: () => Promise<A>) {
        const done = yield* room.withPermitsIfAvailable(1)(
          turns.withPermit(Effect.uninterruptible(Effect.promise(run)))
        )
        return done._tag === "Some" ? done.value : yield* Effect.die(new HashingUnavailable())
      })

      const nobody = yield* work(() => hash(crypto.randomUUID(), cost))
      return PasswordHasher.of({
        hash: (password) => work(() => hash(Redacted.value(password), cost)),
        verify: (stored, password) =>
          work(() => verify(stored ?? nobody, Redacted.value(password))).pipe(
            Effect.map((matches) => matches && stored !== undefined)
          )
      })
    })
  )
}

import { availableParallelism } from "node:os"
import { hash, verify } from "@node-rs/argon2"
import { Context, Effect, Layer, Redacted, Semaphore } from "effect"

/** OWASP Password Storage Cheat Sheet: argon2id (the library's default kind), 19 MiB, two passes, one lane. */
const cost = { memoryCost: 19456, timeCost: 2, parallelism: 1 }

/** Hashes and checks passwords off the main thread, as many at once as there are cores, so that logins cannot starve the rest. */
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
      const cores = yield* Semaphore.make(availableParallelism())
      const work = <A>(run: () => Promise<A>) => cores.withPermits(1)(Effect.promise(run))
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

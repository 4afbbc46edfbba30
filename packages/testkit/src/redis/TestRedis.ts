import { randomUUID } from "node:crypto"
import { connect } from "@kite/adapters/redis/Redis"
import { Context, Effect, Layer, Redacted } from "effect"
import { inject } from "vitest"

const removeKeys = Effect.fnUntraced(function* (url: string, keyPrefix: string) {
  const client = yield* connect(Redacted.make(url))
  const keys = yield* Effect.promise(() => client.keys(`${keyPrefix}*`))
  if (keys.length > 0) yield* Effect.promise(() => client.unlink(...keys))
}, Effect.scoped)

/** The Redis of the run, under a key prefix of one's own: files that run at once do not meet. Its keys go at the end. */
export class TestRedis extends Context.Service<
  TestRedis,
  {
    /** Carries the prefix as ioredis' `?keyPrefix=`, for every client made from it, child processes' too. */
    readonly url: Redacted.Redacted<string>
    /** What KEYS and SCAN patterns must begin with; ioredis prefixes keys, not patterns, and strips nothing from replies. */
    readonly keyPrefix: string
  }
>()("@kite/test/TestRedis") {
  static readonly layer = Layer.effect(
    TestRedis,
    Effect.gen(function* () {
      const server = inject("redisUrl")
      const keyPrefix = `test:${randomUUID()}:`
      const url = new URL(server)
      url.searchParams.set("keyPrefix", keyPrefix)
      yield* Effect.addFinalizer(() => removeKeys(server, keyPrefix))
      return TestRedis.of({ url: Redacted.make(url.href), keyPrefix })
    })
  )
}

import { randomUUID } from "node:crypto"
import { connect } from "@kite/adapters/redis/Redis"
import { Context, Effect, Layer, Redacted } from "effect"
import { inject } from "vitest"

const removeKeys = Effect.fnUntraced(function* (url: string, keyPrefix: string) {
  const client = yield* connect(Redacted.make(url))
  const keys = yield* Effect.promise(() => client.keys(`${keyPrefix}*`))
  if (keys.length > 0) yield* Effect.promise(() => client.unlink(...keys))
}, Effect.scoped)

/** The Redis of the run with a key prefix of its own, so that concurrent files do not collide. Its keys are removed at the end. */
export class TestRedis extends Context.Service<
  TestRedis,
  {
    /** Contains the prefix as ioredis' `?keyPrefix=`, so that every client uses it, in child processes too. */
    readonly url: Redacted.Redacted<string>
    /** The start of KEYS and SCAN patterns: ioredis prefixes keys, not patterns, and strips nothing from replies. */
    readonly keyPrefix: string
  }
>()("@kite/testkit/redis/TestRedis") {
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

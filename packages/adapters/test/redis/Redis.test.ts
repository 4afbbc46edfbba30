import { assert, it } from "@effect/vitest"
import { connect, Redis } from "@kite/adapters/redis/Redis"
import { eventually } from "@kite/testkit/Eventually"
import { startRedis } from "@kite/testkit/redis/RedisServer"
import { Duration, Effect, Layer, Redacted } from "effect"
import { describe } from "vitest"

/** A server of this test, and the service on it. */
const start = Effect.gen(function* () {
  const server = yield* startRedis
  const context = yield* Layer.build(Redis.layer(Redacted.make(server.url)))
  const redis = yield* Effect.provide(Redis, context)
  return { server, redis }
})

const recovered = (redis: Redis["Service"]) => eventually(redis.check)

describe("Redis", () => {
  it.live("runs commands", () =>
    Effect.gen(function* () {
      const { redis } = yield* start
      yield* redis.use((client) => client.set("greeting", "hello"))
      assert.strictEqual(yield* redis.use((client) => client.get("greeting")), "hello")
    })
  )

  it.live("fails commands within 2 s while Redis is frozen, and works again when it thaws", () =>
    Effect.gen(function* () {
      const { server, redis } = yield* start
      yield* redis.check
      yield* server.freeze
      const commands = Effect.all(
        Array.from({ length: 10 }, () => Effect.flip(redis.check)),
        { concurrency: "unbounded" }
      )
      const [elapsed] = yield* Effect.timed(commands)
      assert.isBelow(Duration.toMillis(elapsed), 3_000)
      yield* server.thaw
      yield* recovered(redis)
    })
  )

  it.live("fails commands at once after Redis was killed, and reconnects by itself", () =>
    Effect.gen(function* () {
      const { server, redis } = yield* start
      yield* redis.check
      yield* server.kill
      const [elapsed] = yield* Effect.timed(Effect.flip(redis.check))
      assert.isBelow(Duration.toMillis(elapsed), 3_000)
      yield* server.restart
      yield* recovered(redis)
    })
  )

  it.live("can be built before Redis runs", () =>
    Effect.gen(function* () {
      const server = yield* startRedis
      yield* server.kill
      const context = yield* Layer.build(Redis.layer(Redacted.make(server.url)))
      const redis = yield* Effect.provide(Redis, context)
      yield* Effect.flip(redis.check)
      yield* server.restart
      yield* recovered(redis)
    })
  )

  it.live("replaces a connection that owes a reply, so that it recovers as soon as the network does", () =>
    Effect.gen(function* () {
      const { server } = yield* start
      const client = yield* connect(Redacted.make(server.url), { commandTimeout: 200, socketTimeout: 400 })
      yield* Effect.promise(() => client.ping())
      yield* server.freeze
      const closed = Effect.callback<void>((resume) => {
        client.once("close", () => resume(Effect.void))
      })
      const asking = Effect.forever(Effect.ignore(Effect.tryPromise(() => client.ping())))
      yield* Effect.raceFirst(closed, asking).pipe(Effect.timeout("5 seconds"))
      yield* server.thaw
    })
  )

  it.live("disconnects when its scope closes", () =>
    Effect.gen(function* () {
      const { server } = yield* start
      const client = yield* Effect.scoped(
        Effect.tap(connect(Redacted.make(server.url)), (it) => Effect.promise(() => it.ping()))
      )
      assert.strictEqual(client.status, "end")
    })
  )
})

import { assert, it } from "@effect/vitest"
import { connect } from "@kite/adapters/redis/Redis"
import { eventually } from "@kite/testkit/Eventually"
import { startRedis } from "@kite/testkit/redis/RedisServer"
import { Duration, Effect, Redacted } from "effect"
import type { Redis as Client } from "ioredis"
import { describe } from "vitest"

const ping = (client: Client) => Effect.tryPromise(() => client.ping())

/** A server of the test's own and a connection to it. */
const start = Effect.gen(function* () {
  const server = yield* startRedis
  return { server, client: yield* connect(Redacted.make(server.url)) }
})

const recovered = (client: Client) => eventually(ping(client))

describe("Redis", () => {
  it.live("runs commands", () =>
    Effect.gen(function* () {
      const { client } = yield* start
      yield* Effect.promise(() => client.set("greeting", "hello"))
      assert.strictEqual(yield* Effect.promise(() => client.get("greeting")), "hello")
    })
  )

  it.live("fails commands within 2 s while Redis is frozen and recovers when it thaws", () =>
    Effect.gen(function* () {
      const { server, client } = yield* start
      yield* ping(client)
      yield* server.freeze
      const commands = Effect.all(
        Array.from({ length: 10 }, () => Effect.flip(ping(client))),
        { concurrency: "unbounded" }
      )
      const [elapsed] = yield* Effect.timed(commands)
      assert.isBelow(Duration.toMillis(elapsed), 3_000)
      yield* server.thaw
      yield* recovered(client)
    })
  )

  it.live("fails commands at once after Redis was killed and reconnects by itself", () =>
    Effect.gen(function* () {
      const { server, client } = yield* start
      yield* ping(client)
      yield* server.kill
      const [elapsed] = yield* Effect.timed(Effect.flip(ping(client)))
      assert.isBelow(Duration.toMillis(elapsed), 3_000)
      yield* server.restart
      yield* recovered(client)
    })
  )

  it.live("can be created before Redis runs", () =>
    Effect.gen(function* () {
      const server = yield* startRedis
      yield* server.kill
      const client = yield* connect(Redacted.make(server.url))
      yield* Effect.flip(ping(client))
      yield* server.restart
      yield* recovered(client)
    })
  )

  it.live("replaces a connection that stays without a reply, as after a cut cable", () =>
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

  it.live("closes with its scope", () =>
    Effect.gen(function* () {
      const { server } = yield* start
      const client = yield* Effect.scoped(
        Effect.tap(connect(Redacted.make(server.url)), (it) => Effect.promise(() => it.ping()))
      )
      assert.strictEqual(client.status, "end")
    })
  )
})

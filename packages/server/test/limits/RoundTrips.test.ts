import { assert, it } from "@effect/vitest"
import { connect } from "@kite/adapters/redis/Redis"
import { startRedis } from "@kite/testkit/redis/RedisServer"
import { Array, Effect, Layer, Redacted } from "effect"
import * as RateLimiterRedis from "../../src/limits/RateLimiterRedis.ts"
import { call, proxy } from "./Caller.ts"
import { LimitedServer, limit } from "./LimitedServer.ts"

const user = "01890a5d-ac96-774b-bcce-b302099a8057"
const from = (address: string) => ({ from: proxy, forwardedFor: [address] })

const limited = {
  "by address": call("/ip"),
  "by address and e-mail": call("/login", {
    ...from("203.0.113.1"),
    body: '{"email":"ada@example.org","password":"wrong"}'
  }),
  "without the e-mail it needs": call("/login", { ...from("203.0.113.2"), body: "{" }),
  "by account": call("/documents", { ...from("203.0.113.3"), token: user }),
  "by address without a valid token": call("/documents", { ...from("203.0.113.4"), token: "guess" }),
  "on an unknown route": call("/nowhere", from("203.0.113.5"))
}

const calls = (stats: string, command: string) =>
  Number(new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(stats)?.[1] ?? 0)

it.live("the limiter costs each request one round trip to Redis, admitted or refused; health checks none", () =>
  Effect.gen(function* () {
    const redis = yield* startRedis
    const client = yield* connect(Redacted.make(redis.url))
    const counted = <E>(requests: Effect.Effect<unknown, E, LimitedServer>) =>
      Effect.gen(function* () {
        yield* Effect.promise(() => client.config("RESETSTAT"))
        yield* requests
        const stats = yield* Effect.promise(() => client.info("commandstats"))
        return { evalsha: calls(stats, "evalsha"), eval: calls(stats, "eval") }
      })
    yield* Effect.gen(function* () {
      for (const [how, request] of Object.entries(limited)) {
        const five = yield* counted(Effect.all(Array.makeBy(5, () => request)))
        assert.deepStrictEqual(five, { evalsha: 5, eval: 0 }, `limited ${how}`)
      }
      assert.deepStrictEqual(yield* counted(call("/live")), { evalsha: 0, eval: 0 })
    }).pipe(Effect.provide(LimitedServer.layerWith(RateLimiterRedis.layer(Redacted.make(redis.url)))))
  })
)

it.live("two servers on one Redis together admit as much as one", () =>
  Effect.gen(function* () {
    const redis = yield* startRedis
    const server = LimitedServer.layerWith(RateLimiterRedis.layer(Redacted.make(redis.url)))
    const client = Effect.gen(function* () {
      const responses = yield* Effect.all(
        Array.makeBy(10, (n) => call("/ip", from(`10.0.0.${n}, 203.0.113.9`))),
        { concurrency: 5 }
      )
      return responses.filter(({ status }) => status === 200).length
    })
    const admitted = yield* Effect.all([Effect.provide(client, server), Effect.provide(client, Layer.fresh(server))], {
      concurrency: "unbounded"
    })
    assert.strictEqual(admitted[0] + admitted[1], limit)
  })
)

import { connect } from "@kite/adapters/redis/Redis"
import type { PolicyName } from "@kite/domain/limits/RateLimitPolicy"
import { clientIp } from "@kite/domain/network/ClientIp"
import { defaultTrustedProxies, TrustedProxies } from "@kite/domain/network/TrustedProxies"
import { RateLimiter as KiteLimiter } from "@kite/server/limits/RateLimiter"
import * as RateLimiterRedis from "@kite/server/limits/RateLimiterRedis"
import { startRedis } from "@kite/testkit/redis/RedisServer"
import { Context, Effect, Layer, Redacted, Schedule } from "effect"
import { RateLimiter } from "effect/persistence"
import { RateLimiterRedis as FlexibleRedis, RateLimiterMemory } from "rate-limiter-flexible"
import { ofEffect, ofPromise, race } from "./Contender.ts"
import { layerEffectRateLimiter } from "./EffectRedis.ts"

const limit = 1_000
const windowMs = 60_000
const flexible = { points: limit, duration: windowMs / 1_000 }

const kite = (name: string, limiter: KiteLimiter["Service"], policies: ReadonlyArray<PolicyName>) =>
  ofEffect(name, (subject) =>
    limiter.check(policies.map((policy) => ({ policy: { name: policy, limit, windowMs }, subject })))
  )

const effect = (name: string, limiter: RateLimiter.RateLimiter, algorithm: "fixed-window" | "token-bucket") =>
  ofEffect(name, (key) => limiter.consume({ key, limit, window: windowMs, algorithm }))

const onRedis = Effect.gen(function* () {
  const redis = yield* startRedis
  const client = yield* connect(Redacted.make(redis.url))
  const limiter = Context.get(yield* Layer.build(RateLimiterRedis.layer(Redacted.make(redis.url))), KiteLimiter)
  const effects = Context.get(yield* Layer.build(layerEffectRateLimiter(client)), RateLimiter.RateLimiter)
  const fixed = new FlexibleRedis({ ...flexible, storeClient: client, keyPrefix: "flexible" })
  // On a very busy machine Redis responds late and the limiter falls back to memory: such a run does not count.
  const shared = Effect.map(limiter.mode, (mode) => mode === "redis")
  const info = (section: string) => Effect.promise(() => client.info(section))
  yield* race({
    title: `Redis (${redis.source}), 64 clients at once`,
    contenders: [
      kite("kite, exact sliding window, one policy", limiter, ["ip"]),
      kite("kite, exact sliding window, three policies", limiter, ["ip", "auth-ip", "account"]),
      ofPromise("rate-limiter-flexible, fixed window", (subject) => fixed.consume(subject)),
      effect("effect RateLimiter, fixed window", effects, "fixed-window"),
      effect("effect RateLimiter, token bucket", effects, "token-bucket")
    ],
    count: 20_000,
    clients: 64,
    rounds: 7,
    prepare: Effect.andThen(
      Effect.repeat(shared, { until: (is: boolean) => is, schedule: Schedule.spaced("50 millis") }),
      Effect.promise(() => client.flushall())
    ),
    valid: shared,
    serverCpu: Effect.map(info("cpu"), (text) =>
      [...text.matchAll(/^used_cpu_(?:user|sys):([\d.]+)/gm)].reduce((sum, [, seconds]) => sum + Number(seconds), 0)
    )
  })
}).pipe(Effect.scoped)

const inMemory = Effect.gen(function* () {
  const limiter = Context.get(yield* Layer.build(KiteLimiter.layerMemory), KiteLimiter)
  const stores = RateLimiter.layer.pipe(Layer.provide(RateLimiter.layerStoreMemory))
  const effects = Context.get(yield* Layer.build(stores), RateLimiter.RateLimiter)
  const fixed = new RateLimiterMemory(flexible)
  yield* race({
    title: "memory",
    contenders: [
      kite("kite, exact sliding window, one policy", limiter, ["ip"]),
      ofPromise("rate-limiter-flexible, fixed window", (subject) => fixed.consume(subject)),
      effect("effect RateLimiter, fixed window", effects, "fixed-window")
    ],
    count: 200_000,
    clients: 1,
    rounds: 5,
    prepare: Effect.void,
    valid: Effect.succeed(true),
    serverCpu: Effect.succeed(0)
  })
}).pipe(Effect.scoped)

const headers = {
  "one element": ["203.0.113.9"],
  "three elements": ["203.0.113.9, 192.168.1.2, 172.18.0.3"],
  "one element, IPv6": ["2001:db8:1:2:3:4:5:6"],
  "three elements, IPv6": ["2001:db8:1:2:3:4:5:6, ::1, ::1"],
  "16 KB that a client forged": [`${"6.6.6.6,".repeat(2_000)}203.0.113.9`]
}

/** The best of many short rounds: the cost of the call when nothing else runs. */
const nanosecondsPerCall = (call: () => unknown) => {
  const calls = 10_000
  let best = Number.POSITIVE_INFINITY
  for (let round = 0; round < 100; round++) {
    const start = performance.now()
    for (let n = 0; n < calls; n++) call()
    best = Math.min(best, ((performance.now() - start) / calls) * 1e6)
  }
  return best
}

const clientIps = Effect.sync(() => {
  const trusted = TrustedProxies.parse(defaultTrustedProxies)
  console.log("\nclientIp behind a proxy on a dual-stack socket: nanoseconds per call")
  for (const [name, forwardedFor] of Object.entries(headers)) {
    const nanoseconds = nanosecondsPerCall(() => clientIp({ peer: "::ffff:172.18.0.2", forwardedFor, trusted }))
    console.log(`${nanoseconds.toFixed(0).padStart(12)}  ${name}`)
  }
})

await Effect.runPromise(Effect.andThen(Effect.andThen(onRedis, inMemory), clientIps))

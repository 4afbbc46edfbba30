import { monitorEventLoopDelay } from "node:perf_hooks"
import { assert, describe, it } from "@effect/vitest"
import { connect } from "@kite/adapters/redis/Redis"
import type { RateLimitPolicy } from "@kite/domain/limits/RateLimitPolicy"
import { eventually } from "@kite/testkit/Eventually"
import { type RedisServer, startRedis } from "@kite/testkit/redis/RedisServer"
import { Array, Effect, Fiber, Layer, Logger, Redacted } from "effect"
import { RateLimiter, type RateLimiterMode } from "../../src/limits/RateLimiter.ts"
import * as RateLimiterRedis from "../../src/limits/RateLimiterRedis.ts"
import { RedisTimeout } from "../../src/limits/RedisWindows.ts"

const policy: RateLimitPolicy = { name: "ip", limit: 60, windowMs: 60_000 }

const becomes = (mode: RateLimiterMode) =>
  eventually(
    RateLimiter.use((limiter) => limiter.mode),
    (now) => now === mode
  )

/**
 * Runs the test while 8 clients keep checking. Their slowest check must take at most 150 ms, plus the time for which this process
 * itself was blocked.
 */
const underLoad = <E, R>(test: Effect.Effect<void, E, R>) =>
  Effect.gen(function* () {
    const limiter = yield* RateLimiter
    const delay = monitorEventLoopDelay({ resolution: 1 })
    let slowest = 0
    let caller = 0
    const client = Effect.gen(function* () {
      const start = performance.now()
      yield* limiter.check([{ policy, subject: `crowd-${++caller}` }])
      slowest = Math.max(slowest, performance.now() - start)
      yield* Effect.sleep("5 millis")
    })
    delay.enable()
    const crowd = yield* Effect.forkChild(
      Effect.all(
        Array.makeBy(8, () => Effect.forever(client)),
        { concurrency: 8 }
      )
    )
    yield* test
    yield* Fiber.interrupt(crowd)
    delay.disable()
    assert.isAtMost(slowest, 150 + delay.max / 1e6)
  })

const command = (redis: RedisServer, name: string, ...args: ReadonlyArray<string>) =>
  Effect.scoped(
    Effect.flatMap(connect(Redacted.make(redis.url)), (client) =>
      Effect.promise(() => client.call(name, ...args).then(String))
    )
  )

/** How many of 20 requests of one subject are admitted. */
const admitted = Effect.gen(function* () {
  const limiter = yield* RateLimiter
  const verdicts = yield* Effect.all(Array.makeBy(20, () => limiter.check([{ policy, subject: "one" }])))
  return verdicts.filter((verdict) => verdict.allowed).length
})

type Test = (redis: RedisServer, lines: ReadonlyArray<string>) => Effect.Effect<void, unknown, RateLimiter>

/** A limiter on its own Redis, and the lines that it logs. */
const withRedis = (test: Test) =>
  Effect.gen(function* () {
    const redis = yield* startRedis
    const lines: Array<string> = []
    const log = Logger.make(({ message }) => void lines.push(String(message)))
    const limiter = RateLimiterRedis.layer(Redacted.make(redis.url))
    yield* Effect.provide(test(redis, lines), limiter.pipe(Layer.provideMerge(Logger.layer([log]))))
  }).pipe(Effect.scoped)

/** For tests that count units or commands: a busy machine must not cause a fallback. */
const withLongTimeout = Effect.provideService(RedisTimeout, 5_000)

const withRedisUnderLoad = (test: Test) => withRedis((redis, lines) => underLoad(test(redis, lines)))

describe("RateLimiter whose Redis fails", () => {
  it.live(
    "counts alone while Redis is down or frozen and recovers by itself; no client gets a second quota or waits",
    () =>
      withRedisUnderLoad(
        Effect.fnUntraced(function* (redis, lines) {
          assert.strictEqual(yield* admitted, 20)
          yield* redis.kill
          assert.strictEqual(yield* admitted, 20)
          yield* becomes("fallback")
          yield* redis.restart
          yield* becomes("redis")
          assert.strictEqual(yield* admitted, 20)

          yield* redis.freeze
          assert.strictEqual(yield* admitted, 0)
          yield* becomes("fallback")
          yield* redis.thaw
          yield* becomes("redis")
          assert.strictEqual(yield* admitted, 0)

          assert.lengthOf(
            lines.filter((line) => line.includes("counts rate limits alone")),
            2
          )
          assert.lengthOf(
            lines.filter((line) => line.includes("shared again")),
            2
          )
        })
      ),
    60_000
  )

  it.live("keeps for the fallback what it admitted, and neither refusals nor what was given back or cleared", () =>
    withRedis(
      Effect.fnUntraced(function* (redis) {
        const limiter = yield* RateLimiter
        const charge = (subject: string, cost: number) => limiter.check([{ policy, subject, cost }])
        const another = RateLimiterRedis.layer(Redacted.make(redis.url))
        yield* Effect.provide(
          RateLimiter.use((other) => other.check([{ policy, subject: "refused", cost: 60 }])),
          another
        )
        for (let n = 0; n < 20; n++) assert.isFalse((yield* charge("refused", 10)).allowed)
        yield* limiter.giveBack(yield* charge("given back", 60), policy.name)
        yield* charge("cleared", 60)
        yield* limiter.clear({ policy, subject: "cleared" })
        yield* charge("admitted", 60)
        yield* redis.kill
        yield* becomes("fallback")
        for (const subject of ["refused", "given back", "cleared"]) {
          assert.isTrue((yield* charge(subject, 60)).allowed, subject)
        }
        assert.isFalse((yield* charge("admitted", 1)).allowed)
      })
    ).pipe(withLongTimeout)
  )

  it.live(
    "starts without Redis, and shares limits once Redis is up",
    () =>
      withRedis(
        Effect.fnUntraced(function* (redis) {
          yield* redis.kill
          const alone = RateLimiterRedis.layer(Redacted.make(redis.url))
          yield* Effect.gen(function* () {
            yield* becomes("fallback")
            assert.strictEqual(yield* admitted, 20)
            yield* redis.restart
            yield* becomes("redis")
          }).pipe(Effect.provide(alone))
        })
      ),
    60_000
  )

  it.live(
    "detects without any request that Redis is down, frozen or back",
    () =>
      withRedis(
        Effect.fnUntraced(function* (redis) {
          yield* redis.kill
          yield* becomes("fallback")
          yield* redis.restart
          yield* becomes("redis")
          yield* redis.freeze
          yield* becomes("fallback")
          yield* redis.thaw
          yield* becomes("redis")
        })
      ),
    60_000
  )

  it.live("does not fall back when only this process was blocked and the reply arrived in time", () =>
    withRedis(
      Effect.fnUntraced(function* (_redis, lines) {
        const limiter = yield* RateLimiter
        const checked = yield* Effect.forkChild(limiter.check([{ policy, subject: "held up" }]))
        // Lets the request go out, then blocks for longer than the time-out of a check.
        yield* Effect.callback<void>((resume) => void setImmediate(() => setImmediate(() => resume(Effect.void))))
        const until = performance.now() + 250
        while (performance.now() < until);
        assert.isTrue((yield* Fiber.join(checked)).allowed)
        assert.strictEqual(yield* limiter.mode, "redis")
        assert.isEmpty(lines)
      })
    )
  )

  it.live("keeps working when Redis loses the script", () =>
    withRedisUnderLoad(
      Effect.fnUntraced(function* (redis, lines) {
        for (let n = 0; n < 20; n++) yield* command(redis, "script", "flush")
        assert.strictEqual(yield* admitted, 20)
        assert.strictEqual(yield* RateLimiter.use((limiter) => limiter.mode), "redis")
        assert.isEmpty(lines)
      })
    )
  )
})

describe("RateLimiter on one Redis", () => {
  it.live("admits exactly the limit across several servers", () =>
    withRedis(
      Effect.fnUntraced(function* (redis) {
        const server = (subject: string) =>
          Effect.gen(function* () {
            const limiter = yield* RateLimiter
            const checks = Array.makeBy(100, () => limiter.check([{ policy, subject }]))
            const verdicts = yield* Effect.all(checks, { concurrency: 10 })
            return verdicts.filter((verdict) => verdict.allowed).length
          }).pipe(Effect.provide(RateLimiterRedis.layer(Redacted.make(redis.url))))
        const counts = yield* Effect.all([server("all"), server("all"), server("all")], { concurrency: "unbounded" })
        assert.strictEqual(
          counts.reduce((sum, count) => sum + count),
          60
        )
      })
    ).pipe(withLongTimeout)
  )

  it.live("sends one command per request, whatever the number of policies", () =>
    withRedis(
      Effect.fnUntraced(function* (redis) {
        const limiter = yield* RateLimiter
        yield* command(redis, "config", "resetstat")
        const charges = (["ip", "auth-ip", "login-account"] as const).map((name, subject) => ({
          policy: { name, limit: 60, windowMs: 60_000 },
          subject: `${subject}`
        }))
        for (let n = 0; n < 100; n++) yield* limiter.check(charges)
        const stats = yield* command(redis, "info", "commandstats")
        assert.include(stats, "cmdstat_evalsha:calls=100,")
        assert.notInclude(stats, "cmdstat_eval:")
      })
    ).pipe(withLongTimeout)
  )

  it.live("sends concurrent requests in one command, and admits as if they arrived one by one", () =>
    withRedis(
      Effect.fnUntraced(function* (redis) {
        const limiter = yield* RateLimiter
        yield* command(redis, "config", "resetstat")
        const checks = Array.makeBy(100, () => limiter.check([{ policy, subject: "at once" }]))
        const verdicts = yield* Effect.all(checks, { concurrency: "unbounded" })
        assert.deepStrictEqual(
          verdicts.map(({ policies: [first] }) => [first?.allowed, first?.remaining]),
          Array.makeBy(100, (n) => [n < 60, Math.max(0, 59 - n)])
        )
        assert.include(yield* command(redis, "info", "commandstats"), "cmdstat_evalsha:calls=4,")
      })
    ).pipe(withLongTimeout)
  )
})

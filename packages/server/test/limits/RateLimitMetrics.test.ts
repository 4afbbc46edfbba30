import { assert, it } from "@effect/vitest"
import { RateLimiter, type RateLimiterMode } from "@kite/server/limits/RateLimiter"
import * as RateLimitMetrics from "@kite/server/limits/RateLimitMetrics"
import { LogCapture } from "@kite/testkit/logging/LogCapture"
import { Effect, Layer, Metric } from "effect"
import { PrometheusMetrics } from "effect/observability"
import { TestClock } from "effect/testing"

const fresh = Effect.provideService(Metric.MetricRegistry, new Map())
const policy = (name: "ip" | "auth-ip", allowed: boolean) => ({
  policy: { name, limit: 10, windowMs: 60_000 },
  allowed,
  remaining: 0,
  retryAfterMs: allowed ? 0 : 1_200,
  resetMs: 1_200
})

it.effect("a refused request is logged and counted under the policy that refused it", () =>
  Effect.gen(function* () {
    const capture = new LogCapture()
    const verdict = { allowed: false, policies: [policy("ip", true), policy("auth-ip", false)] }
    yield* Effect.provide(RateLimitMetrics.recordRefusal(verdict), capture.layer)
    assert.strictEqual(capture.lines.length, 1)
    assert.deepInclude(capture.last, { event: "rate_limited", policy: "auth-ip", retry_after: 2 })
    assert.include(yield* PrometheusMetrics.format(), 'kite_rate_limited_total{policy="auth-ip"} 1')
  }).pipe(fresh)
)

it.effect("the gauge follows the limiter's mode", () =>
  Effect.gen(function* () {
    let mode: RateLimiterMode = "redis"
    const limiter = RateLimiter.of({
      check: () => Effect.die("not called"),
      giveBack: () => Effect.die("not called"),
      clear: () => Effect.die("not called"),
      clearParts: () => Effect.die("not called"),
      mode: Effect.sync(() => mode)
    })
    yield* Layer.build(Layer.provide(RateLimitMetrics.layer, Layer.succeed(RateLimiter, limiter)))
    yield* TestClock.adjust("1 second")
    assert.include(yield* PrometheusMetrics.format(), 'kite_limiter_mode{mode="redis"} 1')
    mode = "fallback"
    yield* TestClock.adjust("15 seconds")
    const metrics = yield* PrometheusMetrics.format()
    assert.include(metrics, 'kite_limiter_mode{mode="redis"} 0')
    assert.include(metrics, 'kite_limiter_mode{mode="fallback"} 1')
  }).pipe(Effect.provideService(Metric.MetricRegistry, new Map()))
)

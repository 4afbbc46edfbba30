import { assert, it } from "@effect/vitest"
import { RequestRecord } from "@kite/adapters/logging/RequestContext"
import { countRequest } from "@kite/server/observability/RequestMetrics"
import * as RequestMinutes from "@kite/server/observability/RequestMinutes"
import { LogCapture } from "@kite/testkit/logging/LogCapture"
import { Effect, Layer, Metric, Scope } from "effect"
import { TestClock } from "effect/testing"

/** A request that took so long. */
const request = (route: string, millis: number, status = 200) =>
  Effect.withFiber<void>((fiber) => {
    const record = new RequestRecord({ correlationId: "-", startedAt: 0n, method: "GET" })
    record.route = route
    countRequest(fiber.context, record, status, BigInt(millis * 1e6))
    return Effect.void
  })

it.effect("each minute has a line for each endpoint that got requests", () => {
  const capture = new LogCapture()
  const minutes = () =>
    capture.parsed.filter(({ event }) => event === "http_minute").map(({ timestamp, ...line }) => line)
  return Effect.gen(function* () {
    const scope = yield* Scope.make()
    yield* Layer.buildWithScope(RequestMinutes.layer, scope)
    yield* Effect.all([request("/a", 20), request("/a", 30), request("/a", 450, 503), request("/b", 7_000)])
    yield* TestClock.adjust("1 minute")
    assert.sameDeepMembers(
      minutes().map(({ boot, seq, service, version, level, message, ...line }) => line),
      [
        {
          event: "http_minute",
          endpoint: "GET /a",
          requests: 3,
          errors: 1,
          latency_sum_ms: 500,
          under_25_ms: 1,
          under_50_ms: 2,
          under_100_ms: 2,
          under_200_ms: 2,
          under_500_ms: 3,
          under_1000_ms: 3,
          under_5000_ms: 3
        },
        {
          event: "http_minute",
          endpoint: "GET /b",
          requests: 1,
          errors: 0,
          latency_sum_ms: 7_000,
          under_25_ms: 0,
          under_50_ms: 0,
          under_100_ms: 0,
          under_200_ms: 0,
          under_500_ms: 0,
          under_1000_ms: 0,
          under_5000_ms: 0
        }
      ]
    )

    yield* request("/b", 10)
    yield* TestClock.adjust("1 minute")
    assert.lengthOf(minutes(), 3)
    assert.deepInclude(minutes().at(-1), { endpoint: "GET /b", requests: 1, under_25_ms: 1, latency_sum_ms: 10 })

    yield* TestClock.adjust("5 minutes")
    assert.lengthOf(minutes(), 3, "no line without a request")

    yield* request("/a", 1)
    yield* Scope.close(scope, yield* Effect.exit(Effect.void))
    assert.deepInclude(minutes().at(-1), { endpoint: "GET /a", requests: 1, under_25_ms: 1 })
  }).pipe(Effect.provide(capture.layer), Effect.provideService(Metric.MetricRegistry, new Map()))
})

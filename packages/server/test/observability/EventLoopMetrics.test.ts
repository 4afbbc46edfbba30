import { assert, it } from "@effect/vitest"
import * as EventLoopMetrics from "@kite/server/observability/EventLoopMetrics"
import { Effect, Layer, Metric } from "effect"
import { PrometheusMetrics } from "effect/observability"
import { TestClock } from "effect/testing"

const turn = Effect.promise(() => new Promise<void>((resolve) => setTimeout(resolve, 30)))

it.effect("shows how long the event loop was blocked", () =>
  Effect.gen(function* () {
    yield* Layer.build(EventLoopMetrics.layer)
    yield* turn
    const until = performance.now() + 120
    while (performance.now() < until);
    yield* turn
    yield* TestClock.adjust("15 seconds")
    const [, max] =
      /^kite_event_loop_delay_seconds\{statistic="max"\} (\S+)$/m.exec(yield* PrometheusMetrics.format()) ?? []
    assert.isAbove(Number(max), 0.05)
  }).pipe(Effect.provideService(Metric.MetricRegistry, new Map()))
)

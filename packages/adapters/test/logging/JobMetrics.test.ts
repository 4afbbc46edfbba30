import { assert, it } from "@effect/vitest"
import { countJob, countTimedJob } from "@kite/adapters/logging/JobMetrics"
import { Duration, Effect, Metric } from "effect"
import { PrometheusMetrics } from "effect/observability"

it.effect("jobs are counted by outcome, and timed", () =>
  Effect.gen(function* () {
    yield* countTimedJob("finished", Duration.seconds(2))
    yield* countTimedJob("failed", Duration.seconds(3))
    yield* countJob("retried")
    yield* countJob("retried")
    const metrics = yield* PrometheusMetrics.format()
    assert.include(metrics, 'kite_jobs_total{outcome="finished"} 1')
    assert.include(metrics, 'kite_jobs_total{outcome="retried"} 2')
    assert.include(metrics, 'kite_job_duration_seconds_bucket{le="2.5"} 1')
    assert.include(metrics, "kite_job_duration_seconds_count 2")
  }).pipe(Effect.provideService(Metric.MetricRegistry, new Map()))
)

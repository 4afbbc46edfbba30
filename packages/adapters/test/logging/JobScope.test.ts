import { assert, describe, it } from "@effect/vitest"
import { type JobOutcome, jobScope } from "@kite/adapters/logging/JobScope"
import { Deferred, Effect, Fiber, Metric } from "effect"
import { PrometheusMetrics } from "effect/observability"
import { TestClock } from "effect/testing"
import { LogCapture } from "./LogCapture.ts"

const job = {
  correlationId: "0190e5d2-7a3c-7b1e-8f00-0123456789ab",
  userId: "0190e5d2-7a3c-7b1e-8f00-aaaaaaaaaaaa",
  documentId: "0190e5d2-7a3c-7b1e-8f00-dddddddddddd",
  attempt: 1
}
const facts = { correlation_id: job.correlationId, user_id: job.userId, document_id: job.documentId, attempt: 1 }

/** The lines of a job and the metrics after it. */
const run = Effect.fnUntraced(function* (work: Effect.Effect<JobOutcome, unknown>) {
  const capture = new LogCapture()
  const metrics = yield* Effect.exit(jobScope(job)(work)).pipe(
    Effect.andThen(PrometheusMetrics.format()),
    Effect.provide(capture.layer),
    Effect.provideService(Metric.MetricRegistry, new Map())
  )
  for (const line of capture.parsed) assert.deepInclude(line, facts)
  assert.strictEqual(capture.parsed[0]?.event, "job_started")
  return { metrics, last: capture.last, lines: capture.parsed }
})

describe("a job", () => {
  it.effect("that is done is finished, with its duration and pages", () =>
    Effect.gen(function* () {
      const work = Effect.logInfo("Page read").pipe(
        Effect.andThen(TestClock.adjust("2 seconds")),
        Effect.as({ pageCount: 3 })
      )
      const { last, lines, metrics } = yield* run(work)
      assert.deepInclude(last, { event: "job_finished", level: "info", duration_ms: 2_000, page_count: 3 })
      assert.strictEqual(lines.length, 3)
      assert.include(metrics, 'kite_jobs_total{outcome="finished"} 1')
      assert.include(metrics, 'kite_job_duration_seconds_bucket{le="2.5"} 1')
    })
  )

  it.effect("that a document does not let through has failed, with the code", () =>
    Effect.gen(function* () {
      const { last, metrics } = yield* run(Effect.succeed({ failureCode: "encrypted" }))
      assert.deepInclude(last, { event: "job_failed", level: "warn", failure_code: "encrypted" })
      assert.include(metrics, 'kite_jobs_total{outcome="failed"} 1')
    })
  )

  it.effect("that dies has failed, with the error", () =>
    Effect.gen(function* () {
      const { last } = yield* run(Effect.die(new TypeError("a bug")))
      assert.deepInclude(last, { event: "job_failed", level: "error" })
      assert.deepInclude(last.error, { type: "TypeError", message: "a bug" })
    })
  )

  it.effect("that is interrupted is released", () =>
    Effect.gen(function* () {
      const began = yield* Deferred.make<void>()
      const capture = new LogCapture()
      const work = Effect.andThen(Deferred.succeed(began, undefined), Effect.never)
      const fiber = yield* jobScope(job)(work).pipe(Effect.provide(capture.layer), Effect.forkChild)
      yield* Deferred.await(began)
      yield* Fiber.interrupt(fiber)
      assert.deepInclude(capture.last, { ...facts, event: "job_released", level: "info" })
    })
  )
})

import { assert } from "@effect/vitest"
import { ExtractionQueue } from "@kite/adapters/queue/ExtractionQueue"
import { DocumentId } from "@kite/domain/documents/Document"
import { UserId } from "@kite/domain/users/User"
import * as DatabaseMetrics from "@kite/server/observability/DatabaseMetrics"
import { LogCapture } from "@kite/testkit/logging/LogCapture"
import { testDatabase } from "@kite/testkit/postgres/TestDatabase"
import { suite } from "@kite/testkit/Suite"
import { Deferred, Effect, Fiber, Layer, Metric } from "effect"
import { PrometheusMetrics } from "effect/observability"
import { SqlClient } from "effect/sql"

const job = {
  documentId: DocumentId.make("0190e5d2-7a3c-7b1e-8f00-0123456789ab"),
  userId: UserId.make("0190e5d2-7a3c-7b1e-8f00-aaaaaaaaaaaa"),
  run: 1,
  correlationId: "0190e5d2-7a3c-7b1e-8f00-bbbbbbbbbbbb"
}

/** Runs the sampler until it has logged a line, and returns the line and the metrics. */
const sampled = Effect.gen(function* () {
  const capture = new LogCapture()
  return yield* Effect.gen(function* () {
    yield* Layer.build(DatabaseMetrics.layer)
    while (capture.lines.length === 0) yield* Effect.sleep("10 millis")
    return { line: capture.last, metrics: yield* PrometheusMetrics.format() }
  }).pipe(
    Effect.provide(capture.layer),
    Effect.provideService(Metric.MetricRegistry, new Map()),
    Effect.scoped,
    Effect.timeout("10 seconds")
  )
})

suite(ExtractionQueue.layer.pipe(Layer.provideMerge(testDatabase)))("the metrics of the database", (it) => {
  it.effect("count queued jobs, documents and connections", () =>
    Effect.gen(function* () {
      const queue = yield* ExtractionQueue
      yield* queue.offer(job)
      yield* queue.offer({ ...job, run: 2 })
      const { line, metrics } = yield* sampled
      assert.deepInclude(line, { event: "queue_stats", queue_depth: 2 })
      assert.isAtLeast(line.queue_age ?? -1, 0)
      assert.isBelow(line.queue_age ?? 1e9, 60)
      assert.match(metrics, /^kite_queue_depth 2$/m)
      assert.match(metrics, /^kite_queue_age_seconds \d/m)
      assert.match(metrics, /^kite_documents\{status="failed"\} 0$/m)
      assert.match(metrics, /^kite_postgres_connections\{state="active"\} [1-9]/m)
    })
  )

  it.effect("time out on a database that does not respond, and log it", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const locked = yield* Deferred.make<void>()
      const lock = yield* sql`LOCK TABLE extraction_jobs`.pipe(
        Effect.andThen(Deferred.succeed(locked, undefined)),
        Effect.andThen(Effect.never),
        sql.withTransaction,
        Effect.forkScoped
      )
      yield* Deferred.await(locked)
      const { line, metrics } = yield* sampled
      yield* Fiber.interrupt(lock)
      assert.strictEqual(line.level, "warn")
      assert.strictEqual(line.error?.type, "TimeoutError")
      assert.notInclude(metrics, "kite_queue_depth")
    })
  )
})

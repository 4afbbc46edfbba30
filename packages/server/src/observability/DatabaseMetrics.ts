import { ExtractionQueue } from "@kite/adapters/queue/ExtractionQueue"
import { maxDepth } from "@kite/adapters/queue/JobStore"
import { Effect, Layer, Metric, Schedule, Schema } from "effect"
import { SqlClient } from "effect/sql"

const period = "15 seconds"
/** Of one sample, so that sampling never adds load to a slow database. */
const timeout = "2 seconds"

const depth = Metric.gauge("kite_queue_depth", { description: `Extraction jobs that wait or run, at most ${maxDepth}` })
const age = Metric.gauge("kite_queue_age_seconds", { description: "How long ago the oldest of these jobs was queued" })
const series = (name: string, description: string, label: string) => {
  const gauges = new Map<string, Metric.Gauge<number>>()
  return (value: string, count: number) => {
    const gauge = gauges.get(value) ?? Metric.gauge(name, { description, attributes: { [label]: value } })
    gauges.set(value, gauge)
    return Metric.update(gauge, count)
  }
}
const documents = series("kite_documents", "Documents by status", "status")
const connections = series("kite_postgres_connections", "Connections of all kite processes, by state", "state")

const Counts = Schema.Array(Schema.Struct({ name: Schema.String, count: Schema.Int }))

const statuses = { pending: 0, processing: 0, ready: 0, failed: 0 }
const states = { active: 0, idle: 0, "idle in transaction": 0, "idle in transaction (aborted)": 0 }

const countsOf = (known: Readonly<Record<string, number>>) => (rows: unknown) =>
  Effect.map(Schema.decodeUnknownEffect(Counts)(rows), (counts) =>
    Object.entries({ ...known, ...Object.fromEntries(counts.map(({ name, count }) => [name, count])) })
  )

/**
 * Samples the queue, the documents and the connections into gauges and one log line, so that no scrape queries the database.
 * When sampling fails or takes too long, the gauges keep their last values and a warning is logged.
 */
export const layer = Layer.effectDiscard(
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const queue = yield* ExtractionQueue

    const byStatus = sql`SELECT status AS name, count(*)::int AS count FROM documents GROUP BY status`.pipe(
      Effect.flatMap(countsOf(statuses))
    )
    const byState = sql`
      SELECT state AS name, count(*)::int AS count FROM pg_stat_activity
      WHERE application_name = current_setting('application_name') AND datname = current_database() AND state IS NOT NULL
      GROUP BY state`.pipe(Effect.flatMap(countsOf(states)))

    const sample = Effect.gen(function* () {
      // A transaction has its own connection, and its statement is cancelled on time-out.
      const found = yield* sql
        .withTransaction(Effect.all({ queue: queue.depth, byState, byStatus }))
        .pipe(Effect.timeout(timeout))
      yield* Metric.update(depth, found.queue.jobs)
      yield* Metric.update(age, found.queue.oldestSeconds)
      yield* Effect.forEach(found.byState, ([state, count]) => connections(state, count))
      yield* Effect.forEach(found.byStatus, ([status, count]) => documents(status, count))
      yield* Effect.logInfo("Queue", {
        event: "queue_stats",
        queue_depth: found.queue.jobs,
        queue_age: Math.round(found.queue.oldestSeconds * 1_000) / 1_000
      })
    })

    yield* sample.pipe(
      Effect.catchCause((cause) => Effect.logWarning("Sampling the database failed", cause)),
      Effect.repeat(Schedule.spaced(period)),
      Effect.forkScoped
    )
  })
)

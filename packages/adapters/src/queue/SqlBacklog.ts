import { type JobKey, jobId } from "@kite/domain/documents/ExtractionJob"
import { Effect, Schema } from "effect"
import { SqlClient } from "effect/sql"

const Depth = Schema.Struct({ jobs: Schema.Int, oldestSeconds: Schema.Finite })
const Ids = Schema.Array(Schema.Struct({ id: Schema.String }))

/** What the queue's table says about its jobs. A job that a worker holds is `pending` there too. */
export const sqlBacklog = Effect.fnUntraced(function* (tableName: string, queueName: string, maxDepth: number) {
  const sql = yield* SqlClient.SqlClient
  const table = sql(tableName)
  const open = sql`queue_name = ${queueName} AND state = 'pending'`
  return {
    check: sql`SELECT 1 FROM ${table} LIMIT 1`.pipe(Effect.asVoid, Effect.orDie),
    depth: sql`
      SELECT count(*)::int AS jobs,
             coalesce(extract(epoch FROM (now() AT TIME ZONE 'utc') - min(created_at)), 0)::float8 AS oldest_seconds
      FROM (SELECT created_at FROM ${table} WHERE ${open} ORDER BY visible_at LIMIT ${maxDepth}) AS waiting`.pipe(
      Effect.flatMap(([row]) => Schema.decodeUnknownEffect(Depth)(row)),
      Effect.orDie
    ),
    pending: Effect.fn("ExtractionQueue.pending")(function* (jobs: ReadonlyArray<JobKey>) {
      const rows = yield* sql`SELECT id FROM ${table} WHERE ${open} AND ${sql.in("id", jobs.map(jobId))}`
      const found = new Set((yield* Schema.decodeUnknownEffect(Ids)(rows)).map(({ id }) => id))
      return jobs.filter((job) => found.has(jobId(job)))
    }, Effect.orDie)
  }
})

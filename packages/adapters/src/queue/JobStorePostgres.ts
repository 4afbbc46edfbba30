import { randomUUID } from "node:crypto"
import { DocumentId } from "@kite/domain/documents/Document"
import { jobId } from "@kite/domain/documents/ExtractionJob"
import { UserId } from "@kite/domain/users/User"
import { Deferred, Duration, Effect, Layer, Option, Queue, Schedule, Schema } from "effect"
import { SqlClient } from "effect/sql"
import type { Fragment } from "effect/sql/Statement"
import { decodeRow, decodeRows, orDefect } from "../postgres/Rows.ts"
import { type HeldJob, JobStore, maxDepth } from "./JobStore.ts"

export interface LeaseOptions {
  /** A job whose taker is silent for so long is handed out again. Renewed four times within it. */
  readonly leaseTime: Duration.Input
  /** How long a job offered by another process waits at most for an idle taker. */
  readonly pollInterval: Duration.Input
  /** A job is handed out at most so often; one that every taker died with ends as a dead letter. */
  readonly maxDeliveries: number
}

/** Waiting jobs that one claim looks at, in the order of their turns: every account's first job is among them. */
const window = 200
/** Jobs that come back, because they were delayed or their taker died, in one statement. */
const batch = 1_000
/** What is done is kept for so long, so that offering it again changes nothing. */
const keepFinished = "1 day"

const ClaimedRow = Schema.Struct({
  id: Schema.String,
  documentId: DocumentId,
  userId: UserId,
  run: Schema.Int,
  correlationId: Schema.String,
  deliveries: Schema.Int
})
const IdRow = Schema.Struct({ id: Schema.String })
const DepthRow = Schema.Struct({ jobs: Schema.Int, oldestSeconds: Schema.Finite })

const make = Effect.fnUntraced(function* (options: LeaseOptions) {
  const sql = yield* SqlClient.SqlClient
  const holder = randomUUID()
  const changes = yield* Queue.sliding<void>(1)
  const leases = new Map<string, Deferred.Deferred<void>>()
  const leaseTime = Duration.fromInputUnsafe(options.leaseTime)
  const pollInterval = Duration.fromInputUnsafe(options.pollInterval)
  const lease = sql`now() + make_interval(secs => ${Duration.toSeconds(leaseTime)})`
  const wake = Effect.asVoid(Queue.offer(changes, undefined))
  const decodeClaimed = decodeRow(ClaimedRow)
  const decodeIds = decodeRows(IdRow)
  const decodeDepth = decodeRow(DepthRow)

  /** Ends this taker's hold on the job; what another taker holds by now stays as it is. */
  const settle = ({ id, delivery }: HeldJob, change: Fragment) =>
    Effect.suspend(() => {
      leases.delete(id)
      return orDefect(sql`
        UPDATE extraction_jobs SET ${change}, holder = NULL
        WHERE id = ${id} AND holder = ${holder} AND deliveries = ${delivery}`)
    }).pipe(Effect.andThen(wake))

  /** Makes delayed jobs visible whose time has come, and hands out again what was left by takers that died. */
  const returnDue = decodeIds(sql`
    UPDATE extraction_jobs AS job
    SET state = CASE WHEN job.state = 'running' AND job.deliveries >= ${options.maxDeliveries} THEN 'failed' ELSE 'waiting' END,
      holder = NULL, due_at = now()
    FROM (
      SELECT id FROM extraction_jobs WHERE state IN ('running', 'delayed') AND due_at <= now()
      ORDER BY due_at LIMIT ${batch} FOR UPDATE SKIP LOCKED
    ) AS due
    WHERE job.id = due.id RETURNING job.id`).pipe(Effect.tap((rows) => (rows.length > 0 ? wake : Effect.void)))

  const loseAllBut = (held: ReadonlyArray<string>, kept: ReadonlySet<string>) =>
    Effect.sync(() => {
      for (const id of held) {
        const lost = leases.get(id)
        if (!kept.has(id) && lost !== undefined) Deferred.doneUnsafe(lost, Effect.void)
      }
    })

  const renew = Effect.suspend(() => {
    const held = Array.from(leases.keys())
    if (held.length === 0) return Effect.void
    return decodeIds(sql`
      UPDATE extraction_jobs SET due_at = ${lease} WHERE id = ANY(${held}) AND holder = ${holder} RETURNING id`).pipe(
      Effect.flatMap((rows) => loseAllBut(held, new Set(rows.map(({ id }) => id))))
    )
  })

  const removeFinished = orDefect(sql`
    DELETE FROM extraction_jobs WHERE id IN (
      SELECT id FROM extraction_jobs WHERE state IN ('done', 'failed') AND due_at < now() - ${keepFinished}::interval
      ORDER BY due_at LIMIT ${batch})`)

  const loop = (work: Effect.Effect<unknown>, every: Duration.Input, message: string) =>
    work.pipe(
      Effect.catchCause((cause) => Effect.logWarning(message, cause)),
      Effect.repeat(Schedule.spaced(every)),
      Effect.forkScoped
    )
  yield* loop(returnDue, pollInterval, "Delayed jobs could not be made visible")
  yield* loop(renew, Duration.divideUnsafe(leaseTime, 4), "The leases of jobs could not be renewed")
  yield* loop(removeFinished, "10 minutes", "Finished jobs could not be removed")

  const turn = (userId: UserId) => sql`greatest(
    (SELECT turn FROM extraction_jobs WHERE state = 'waiting' ORDER BY turn, sequence LIMIT 1),
    (SELECT turn + 1 FROM extraction_jobs WHERE state = 'waiting' AND user_id = ${userId} ORDER BY turn DESC LIMIT 1),
    0)`

  return JobStore.of({
    offer: (job) =>
      orDefect(sql`
        INSERT INTO extraction_jobs (id, document_id, user_id, run, correlation_id, turn)
        VALUES (${jobId(job)}, ${job.documentId}, ${job.userId}, ${job.run}, ${job.correlationId}, ${turn(job.userId)})
        ON CONFLICT (id) DO NOTHING`).pipe(Effect.andThen(sql.afterCommit(wake))),
    claim: Effect.fnUntraced(function* (excluded) {
      const row = yield* decodeClaimed(sql`
        WITH first AS (
          SELECT id, user_id, turn, sequence FROM extraction_jobs WHERE state = 'waiting'
          ORDER BY turn, sequence LIMIT ${window}
        ), next AS (
          SELECT job.id FROM extraction_jobs AS job JOIN first ON first.id = job.id
          CROSS JOIN LATERAL (
            SELECT count(*) AS jobs FROM extraction_jobs AS other
            WHERE other.state = 'running' AND other.user_id = first.user_id
          ) AS running
          WHERE job.state = 'waiting' AND first.user_id <> ALL(${excluded}::uuid[])
          ORDER BY running.jobs, first.turn, first.sequence LIMIT 1 FOR UPDATE OF job SKIP LOCKED
        )
        UPDATE extraction_jobs AS job SET state = 'running', deliveries = deliveries + 1, holder = ${holder}, due_at = ${lease}
        FROM next WHERE job.id = next.id
        RETURNING job.id, document_id, user_id, run, correlation_id, deliveries`)
      if (Option.isNone(row)) return Option.none()
      const { id, deliveries, ...job } = row.value
      const lost = yield* Deferred.make<void>()
      leases.set(id, lost)
      // There may be more for the takers that wait: one is woken at a time.
      yield* wake
      return Option.some<HeldJob>({ id, job, delivery: deliveries, lost: Deferred.await(lost) })
    }),
    complete: (job) => settle(job, sql`state = 'done', due_at = now()`),
    retry: (job, delay) =>
      settle(job, sql`state = 'delayed', due_at = now() + make_interval(secs => ${Duration.toSeconds(delay)})`),
    release: (job) => settle(job, sql`state = 'waiting', deliveries = deliveries - 1, due_at = now()`),
    fail: (job) => settle(job, sql`state = 'failed', due_at = now()`),
    changed: Queue.take(changes).pipe(Effect.timeoutOption(pollInterval), Effect.asVoid, Effect.orDie),
    depth: decodeDepth(sql`
      SELECT count(*)::int AS jobs, coalesce(extract(epoch FROM now() - min(created_at)), 0)::float8 AS oldest_seconds
      FROM (
        SELECT created_at FROM extraction_jobs WHERE state IN ('waiting', 'delayed', 'running')
        ORDER BY sequence LIMIT ${maxDepth}
      ) AS unfinished`).pipe(Effect.map(Option.getOrThrow)),
    pending: Effect.fnUntraced(function* (keys) {
      const rows = yield* decodeIds(sql`
        SELECT id FROM extraction_jobs
        WHERE id = ANY(${keys.map(jobId)}) AND state IN ('waiting', 'delayed', 'running')`)
      const found = new Set(rows.map(({ id }) => id))
      return keys.filter((key) => found.has(jobId(key)))
    }),
    check: Effect.asVoid(orDefect(sql`SELECT 1 FROM extraction_jobs LIMIT 1`))
  })
})

/** In Postgres, for as many processes as there are. A taker that dies gives its jobs free after the lease. */
export const layer = (options: LeaseOptions) => Layer.effect(JobStore, make(options))

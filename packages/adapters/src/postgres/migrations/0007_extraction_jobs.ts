import { Effect } from "effect"
import { SqlClient } from "effect/sql"

/**
 * Jobs in fair order (queue/JobStore). `due_at`: when a delayed job becomes visible, when the lease of a running one ends, when
 * a finished one ended. The queue of before is emptied into it, where there is one: what ran is handed out again.
 */
export const migration = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`
    CREATE TABLE extraction_jobs (
      id text PRIMARY KEY,
      document_id uuid NOT NULL,
      user_id uuid NOT NULL,
      run integer NOT NULL,
      correlation_id text NOT NULL,
      state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'delayed', 'running', 'done', 'failed')),
      turn bigint NOT NULL,
      sequence bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
      deliveries integer NOT NULL DEFAULT 0,
      holder uuid,
      due_at timestamptz NOT NULL DEFAULT now(),
      created_at timestamptz NOT NULL DEFAULT now(),
      CHECK ((state = 'running') = (holder IS NOT NULL))
    )`
  yield* sql`CREATE INDEX extraction_jobs_turn ON extraction_jobs (turn, sequence) WHERE state = 'waiting'`
  yield* sql`CREATE INDEX extraction_jobs_account ON extraction_jobs (user_id, turn) WHERE state = 'waiting'`
  yield* sql`CREATE INDEX extraction_jobs_running ON extraction_jobs (user_id) WHERE state = 'running'`
  yield* sql`CREATE INDEX extraction_jobs_due ON extraction_jobs (due_at) WHERE state IN ('running', 'delayed')`
  yield* sql`CREATE INDEX extraction_jobs_finished ON extraction_jobs (due_at) WHERE state IN ('done', 'failed')`
  yield* sql`
    CREATE INDEX extraction_jobs_unfinished ON extraction_jobs (sequence) WHERE state IN ('waiting', 'delayed', 'running')`
  const [before] = yield* sql<{ isThere: boolean }>`SELECT to_regclass('extraction_queue') IS NOT NULL AS is_there`
  if (before?.isThere !== true) return
  yield* sql`
    INSERT INTO extraction_jobs (id, document_id, user_id, run, correlation_id, turn)
    SELECT id, (element::jsonb ->> 'documentId')::uuid, (element::jsonb ->> 'userId')::uuid,
      (element::jsonb ->> 'attempt')::integer, element::jsonb ->> 'correlationId',
      row_number() OVER (PARTITION BY element::jsonb ->> 'userId' ORDER BY sequence) - 1
    FROM extraction_queue WHERE state = 'pending' ORDER BY sequence`
  yield* sql`DROP TABLE extraction_queue`
  yield* sql`DROP TABLE IF EXISTS extraction_queue_migrations`
})

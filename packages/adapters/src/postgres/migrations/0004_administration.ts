import { Effect } from "effect"
import { SqlClient } from "effect/sql"

/**
 * The audit log, and a short way to the active admins. The log has no foreign keys: what it tells of may go, and writing an
 * entry must wait for nobody's lock. Each index is one filter in the order of the list, so that no filter, however rare, walks
 * the table; new entries go to the right edge of every key, so that a flood of them costs a few pages and no rebalancing. Those without a subject are
 * indexed too: a login that fails costs the same whether the account exists or not.
 * Retention is the operator's: `DELETE FROM audit_log WHERE at < ...` as the owner, in batches by id.
 */
export const migration = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`
    CREATE TABLE audit_log (
      id uuid PRIMARY KEY,
      at timestamptz NOT NULL,
      action text NOT NULL,
      actor_id uuid,
      subject_type text,
      subject_id uuid,
      client_ip text,
      correlation_id text,
      details jsonb NOT NULL,
      CHECK ((subject_type IS NULL) = (subject_id IS NULL))
    )`
  yield* sql`CREATE INDEX audit_log_action ON audit_log (action, id)`
  yield* sql`CREATE INDEX audit_log_actor ON audit_log (actor_id, id) WHERE actor_id IS NOT NULL`
  yield* sql`CREATE INDEX audit_log_subject ON audit_log (subject_id, id)`
  yield* sql`CREATE INDEX audit_log_client_ip ON audit_log (client_ip, id) WHERE client_ip IS NOT NULL`
  yield* sql`CREATE INDEX users_admins ON users (id) WHERE role = 'admin' AND active`
})

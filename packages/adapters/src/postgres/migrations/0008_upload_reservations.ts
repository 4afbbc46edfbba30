import { Effect } from "effect"
import { SqlClient } from "effect/sql"

/**
 * Quota that uploads hold while they stream: the sum in the account's row, which the quota is checked against, and a row for each
 * upload, so that what a process held when it died can be given back.
 */
export const migration = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`ALTER TABLE users ADD COLUMN reserved_bytes bigint NOT NULL DEFAULT 0 CHECK (reserved_bytes >= 0)`
  yield* sql`
    CREATE TABLE upload_reservations (
      id uuid PRIMARY KEY,
      user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
      bytes bigint NOT NULL CHECK (bytes > 0),
      expires_at timestamptz NOT NULL
    )`
  yield* sql`CREATE INDEX upload_reservations_user ON upload_reservations (user_id)`
  yield* sql`CREATE INDEX upload_reservations_expiry ON upload_reservations (expires_at)`
})

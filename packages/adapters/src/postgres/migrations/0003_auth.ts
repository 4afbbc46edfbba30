import { Effect } from "effect"
import { SqlClient } from "effect/sql"

/** What rotation, revocation, signing keys and password resets keep. Tokens are stored hashed, keys and successors sealed. */
export const migration = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`ALTER TABLE refresh_tokens ADD COLUMN successor bytea`
  yield* sql`CREATE INDEX sessions_revocation ON sessions (revoked_at) WHERE revoked_at IS NOT NULL`
  yield* sql`
    CREATE TABLE token_keys (
      kid text PRIMARY KEY,
      sealed bytea NOT NULL,
      created_at timestamptz NOT NULL DEFAULT clock_timestamp()
    )`
  yield* sql`
    CREATE TABLE password_resets (
      hash bytea PRIMARY KEY,
      user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
      created_at timestamptz NOT NULL DEFAULT now(),
      expires_at timestamptz NOT NULL
    )`
  yield* sql`CREATE INDEX password_resets_user ON password_resets (user_id, created_at)`
})

import { Effect } from "effect"
import { SqlClient } from "effect/sql"

/**
 * Invites, proofs of e-mail addresses, and the seals of the audit log. Tokens are stored hashed. Accounts that exist count as
 * proven; new ones are proven by whoever creates them.
 *
 * A seal covers up to 1,000 entries of the audit log. `macs` holds 16 bytes for each of `entries`, in the same order; `newest` is
 * the greatest id of this seal and of all before it; `previous` is the `mac` of the seal before it.
 */
export const migration = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`
    CREATE TABLE invites (
      id uuid PRIMARY KEY,
      hash bytea NOT NULL UNIQUE,
      email text NOT NULL UNIQUE,
      role text NOT NULL CHECK (role IN ('user', 'admin')),
      limit_bytes bigint CHECK (limit_bytes >= 0),
      invited_by uuid REFERENCES users ON DELETE CASCADE,
      created_at timestamptz NOT NULL DEFAULT now(),
      expires_at timestamptz NOT NULL
    )`
  yield* sql`CREATE INDEX invites_inviter ON invites (invited_by)`
  yield* sql`ALTER TABLE users ADD COLUMN email_proven boolean NOT NULL DEFAULT true`
  yield* sql`ALTER TABLE users ALTER COLUMN email_proven SET DEFAULT false`
  yield* sql`
    CREATE TABLE email_proofs (
      hash bytea PRIMARY KEY,
      user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
      created_at timestamptz NOT NULL DEFAULT now(),
      expires_at timestamptz NOT NULL
    )`
  yield* sql`CREATE INDEX email_proofs_user ON email_proofs (user_id, created_at)`
  yield* sql`
    CREATE TABLE audit_seals (
      number bigint PRIMARY KEY CHECK (number > 0),
      key_id text NOT NULL,
      newest uuid NOT NULL,
      entries uuid[] NOT NULL,
      macs bytea NOT NULL,
      previous bytea NOT NULL,
      mac bytea NOT NULL
    )`
  yield* sql`CREATE INDEX audit_seals_newest ON audit_seals (newest)`
})

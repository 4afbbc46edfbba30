import { Effect } from "effect"
import { SqlClient } from "effect/sql"

/**
 * A page's text in parts of 65,536 characters (domain/search/Blocks), so that reading a part of a long page does not unpack
 * all that comes before it. Pages that are there stay as they are, in one part of any length. `notices`: what was left out of a
 * document.
 */
export const migration = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`ALTER TABLE pages ADD COLUMN part integer NOT NULL DEFAULT 0 CHECK (part >= 0)`
  yield* sql`ALTER TABLE pages DROP CONSTRAINT pages_pkey, ADD PRIMARY KEY (document_id, number, part)`
  yield* sql`ALTER TABLE documents ADD COLUMN IF NOT EXISTS notices jsonb NOT NULL DEFAULT '[]'`
})

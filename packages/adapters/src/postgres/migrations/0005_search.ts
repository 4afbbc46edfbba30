import { Effect } from "effect"
import { SqlClient } from "effect/sql"

/**
 * The search index, made of terms that kite makes itself. `search_terms` has one row for a document: the terms of its name
 * (marked) and of its text, each of these with the block in which it is first as its position. A document with more terms than a
 * tsvector should hold has more rows; all of them then hold `+parts`. The account is a key of the index, so that one account's
 * search never reads another's. Terms of more than 2 kB are kept out of
 * line, so that hits are counted without them.
 * The list of terms not yet merged into the index is short, because every search reads it whole.
 *
 * Documents that are there get their rows from the worker, in the background: `search_version` says which have them.
 */
export const migration = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE EXTENSION IF NOT EXISTS btree_gin`
  yield* sql`
    CREATE TABLE search_terms (
      document_id uuid NOT NULL REFERENCES documents ON DELETE CASCADE,
      part integer NOT NULL,
      user_id uuid NOT NULL,
      name_terms tsvector NOT NULL,
      terms tsvector NOT NULL,
      PRIMARY KEY (document_id, part)
    ) WITH (toast_tuple_target = 256)`
  yield* sql`
    CREATE INDEX search_terms_by_account ON search_terms USING gin (user_id, terms)
    WITH (fastupdate = on, gin_pending_list_limit = 256)`
  yield* sql`CREATE INDEX search_terms_in_parts ON search_terms (user_id) WHERE part = 1`
  yield* sql`DROP INDEX documents_terms, documents_by_filename`
  yield* sql`ALTER TABLE documents DROP COLUMN terms, DROP COLUMN text_terms`
  yield* sql`DROP FUNCTION filename_terms(text), document_terms(uuid)`
  yield* sql`
    ALTER TABLE documents
      ADD COLUMN filename_key text COLLATE "C" NOT NULL DEFAULT '',
      ADD COLUMN search_version smallint NOT NULL DEFAULT 0,
      ADD COLUMN indexed_in_part boolean NOT NULL DEFAULT false`
  yield* sql`ALTER TABLE pages ADD COLUMN first_block integer NOT NULL DEFAULT 0`
  yield* sql`CREATE INDEX documents_by_filename ON documents (user_id, filename_key, id)`
  yield* sql`CREATE INDEX documents_by_status ON documents (user_id, status, id)`
  yield* sql`CREATE INDEX documents_not_indexed ON documents (id) WHERE search_version = 0`
})

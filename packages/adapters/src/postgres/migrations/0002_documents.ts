import { Effect } from "effect"
import { SqlClient } from "effect/sql"

/**
 * Documents, their pages and what a search looks at. `terms` holds the words of name and text without positions: a tsvector
 * ends at 1 MiB, so `document_terms` reads the pages in chunks and stops well before that instead of failing. A name's words
 * are also looked up between its separators, once with the hyphen that makes 2026-04 a date and once without.
 */
export const migration = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`
    CREATE FUNCTION filename_terms(filename text) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
      SELECT strip(to_tsvector('simple', normalize(concat_ws(' ', filename,
        regexp_replace(filename, '[^[:alnum:]-]+', ' ', 'g'),
        regexp_replace(filename, '[^[:alnum:]]+', ' ', 'g')), NFKC)))
    $$`
  yield* sql`
    CREATE TABLE documents (
      id uuid PRIMARY KEY,
      user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
      object_key uuid NOT NULL UNIQUE,
      filename text NOT NULL,
      content_type text NOT NULL,
      size_bytes bigint NOT NULL CHECK (size_bytes > 0),
      sha256 text NOT NULL,
      status text NOT NULL CHECK (status IN ('pending', 'processing', 'ready', 'failed')),
      failure_code text,
      failure_message text,
      page_count integer,
      attempt integer NOT NULL DEFAULT 1,
      text_terms tsvector NOT NULL DEFAULT '',
      terms tsvector NOT NULL GENERATED ALWAYS AS (filename_terms(filename) || text_terms) STORED,
      created_at timestamptz NOT NULL,
      updated_at timestamptz NOT NULL,
      CHECK ((status = 'failed') = (failure_code IS NOT NULL))
    )`
  yield* sql`CREATE INDEX documents_by_creation ON documents (user_id, id)`
  yield* sql`CREATE INDEX documents_by_filename ON documents (user_id, filename, id)`
  yield* sql`CREATE INDEX documents_unfinished ON documents (updated_at) WHERE status IN ('pending', 'processing')`
  yield* sql`CREATE INDEX documents_terms ON documents USING gin (terms)`
  yield* sql`
    CREATE TABLE pages (
      document_id uuid NOT NULL REFERENCES documents ON DELETE CASCADE,
      number integer NOT NULL CHECK (number > 0),
      text text NOT NULL,
      source text NOT NULL CHECK (source IN ('text', 'ocr')),
      confidence double precision,
      PRIMARY KEY (document_id, number)
    )`
  yield* sql`
    CREATE FUNCTION document_terms(document uuid) RETURNS tsvector LANGUAGE plpgsql STABLE AS $$
    DECLARE
      chunk text;
      terms tsvector := '';
    BEGIN
      FOR chunk IN
        SELECT substr(page.text, start, 100000)
        FROM pages AS page, generate_series(1, length(page.text), 100000) AS start
        WHERE page.document_id = document
        ORDER BY page.number, start
      LOOP
        terms := terms || strip(to_tsvector('simple', normalize(chunk, NFKC)));
        EXIT WHEN pg_column_size(terms) > 500000;
      END LOOP;
      RETURN terms;
    END
    $$`
})

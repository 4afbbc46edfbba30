import { Effect } from "effect"
import { SqlClient } from "effect/sql"

/** Documents in all, and of them those of the account that searches. */
export interface Size {
  readonly documents: number
  readonly searched: number
}

const batch = 50_000

/**
 * Fills the tables, unless they are full, with generated documents of some 60 words, most of them shared by many accounts: `common` is in every second
 * text, `seldom` in one of a thousand, `needle` in one of a hundred thousand, `scan` in every second name. The searching account's
 * documents lie between those of others. The index is built at the end, which is faster.
 */
export const fillShelf = Effect.fnUntraced(function* ({ documents, searched }: Size) {
  const sql = yield* SqlClient.SqlClient
  const owner = "00000000-0000-7000-8000-000000000000"
  const share = Math.round(documents / searched)
  if ((yield* sql`SELECT 1 FROM users LIMIT 1`).length > 0) return owner
  yield* sql`DROP INDEX search_terms_by_account`
  yield* sql`INSERT INTO users (id, email, password_hash, limit_bytes, created_at)
    SELECT ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, n || '@example.org', '', 1, now()
    FROM generate_series(0, 8) AS n`
  for (let from = 0; from < documents; from += batch) {
    yield* sql`
      WITH made AS (
        SELECT n, ('01900000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid AS id,
          CASE WHEN n % ${share} = 0 THEN ${owner}::uuid
            ELSE ('00000000-0000-7000-8000-' || lpad((1 + n % 8)::text, 12, '0'))::uuid END AS user_id,
          CASE WHEN n / 5 % 2 = 0 THEN 'scan' ELSE 'letter' END AS kind
        FROM generate_series(${from}::int, ${from + batch - 1}::int) AS n
      ), stored AS (
        INSERT INTO documents (id, user_id, object_key, filename, filename_key, search_version, content_type, size_bytes,
          sha256, status, failure_code, created_at, updated_at)
        SELECT id, user_id, gen_random_uuid(), kind || n || '.pdf', kind || n, 1, 'application/pdf', 1, repeat('0', 64),
          CASE WHEN n % 500 = 0 THEN 'failed' ELSE 'ready' END, CASE WHEN n % 500 = 0 THEN 'corrupt' END, now(), now()
        FROM made
      )
      INSERT INTO search_terms (document_id, part, user_id, name_terms, terms)
      SELECT id, 0, user_id, array_to_tsvector(ARRAY['<' || kind, '<pdf', '<' || n]),
        array_to_tsvector(ARRAY['<' || kind, '<pdf', '<' || n]) || (
          SELECT string_agg(DISTINCT 'word' || floor(power(random(), 3) * 30000)::int || ':1', ' ')::tsvector
          FROM generate_series(1, 60 + n - n)
        ) || (concat_ws(' ', CASE WHEN n / 10 % 2 = 0 THEN 'common:1' END, CASE WHEN n / 5 % 1000 = 0 THEN 'seldom:1' END,
          CASE WHEN n / 5 % 100000 = 7 THEN 'needle:1' END))::tsvector
      FROM made`
  }
  yield* sql`CREATE INDEX search_terms_by_account ON search_terms USING gin (user_id, terms)
    WITH (fastupdate = on, gin_pending_list_limit = 256)`
  yield* sql`ANALYZE documents`
  yield* sql`ANALYZE search_terms`
  return owner
})

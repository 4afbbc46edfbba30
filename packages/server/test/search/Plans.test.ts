import { assert, layer } from "@effect/vitest"
import * as Database from "@kite/adapters/postgres/Database"
import type { ListQuery } from "@kite/domain/documents/DocumentList"
import { UserId } from "@kite/domain/users/User"
import { DocumentRepository } from "@kite/server/documents/DocumentRepository"
import { Search } from "@kite/server/search/Search"
import { TestDatabase } from "@kite/testkit/postgres/TestDatabase"
import { Effect, Layer, Option } from "effect"
import { SqlClient } from "effect/sql"

const owner = UserId.make("00000000-0000-7000-8000-000000000000")
const rounds = 12

/** One connection, whose plans become generic after some calls, and whose statistics are all there are. */
const oneConnection = Layer.unwrap(
  Effect.map(TestDatabase, ({ url }) => Layer.orDie(Database.layerUrl(url, { maxConnections: 1 })))
)
const parts = Layer.mergeAll(Search.layer, DocumentRepository.layer).pipe(
  Layer.provideMerge(oneConnection),
  Layer.provideMerge(TestDatabase.layer)
)

/** 30,000 documents of six accounts: `common` in half of them, `seldom` in one of 500, `needle` in three, `edge` in the newest ten
 * and in the oldest. */
const fill = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`INSERT INTO users (id, email, password_hash, limit_bytes, created_at)
    SELECT ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, n || '@example.org', '', 1, now()
    FROM generate_series(0, 5) AS n`
  yield* sql`INSERT INTO documents (id, user_id, object_key, filename, filename_key, search_version, content_type, size_bytes,
      sha256, status, failure_code, created_at, updated_at)
    SELECT ('01900000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid,
      ('00000000-0000-7000-8000-' || lpad((n % 6)::text, 12, '0'))::uuid, gen_random_uuid(), 'n' || n, 'n' || n, 1,
      'text/plain', 1, repeat('0', 64), CASE WHEN n / 6 % 500 = 0 THEN 'failed' ELSE 'ready' END,
      CASE WHEN n / 6 % 500 = 0 THEN 'corrupt' END, now(), now()
    FROM generate_series(1, 30000) AS n`
  yield* sql`INSERT INTO search_terms (document_id, part, user_id, name_terms, terms)
    SELECT id, 0, user_id, '', concat_ws(' ', 'n' || n || ':1', CASE WHEN n / 6 % 2 = 0 THEN 'common:1' END,
      CASE WHEN n / 6 NOT BETWEEN 5 AND 4990 THEN 'edge:1' END,
      CASE WHEN n / 6 % 500 = 3 THEN 'seldom:1' END, CASE WHEN n / 6 % 1700 = 5 THEN 'needle:1' END,
      (SELECT string_agg('w' || floor(random() * 3000)::int || ':1', ' ') FROM generate_series(1, 20 + n - n)))::tsvector
    FROM documents, substr(filename, 2) AS digits, cast(digits AS integer) AS n`
  yield* sql`ANALYZE documents`
  yield* sql`ANALYZE search_terms`
})

/** How often tables were read from end to end, and how often the index of terms was used, by this connection so far. */
const scans = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`SELECT pg_stat_force_next_flush()`
  const [row] = yield* sql<{ tables: number; index: number }>`SELECT
    (SELECT sum(seq_scan)::int FROM pg_stat_user_tables WHERE relname IN ('documents', 'search_terms', 'pages')) AS tables,
    (SELECT idx_scan::int FROM pg_stat_user_indexes WHERE indexrelname = 'search_terms_by_account') AS index`
  return row ?? { tables: 0, index: 0 }
})

/** What the effect adds to the scans when it is run again and again. */
const scansOf = Effect.fnUntraced(function* <E, R>(effect: Effect.Effect<unknown, E, R>) {
  const before = yield* scans
  yield* Effect.repeat(effect, { times: rounds })
  const after = yield* scans
  return { tables: after.tables - before.tables, index: after.index - before.index }
})

layer(parts, { excludeTestServices: true, timeout: "120 seconds" })("among many documents", (it) => {
  const searches: ReadonlyArray<[ListQuery & { readonly q: string }, number, "index" | "walk"]> = [
    [{ q: "needle" }, 3, "index"],
    [{ q: "seldom" }, 10, "index"],
    [{ q: "nowhere" }, 0, "index"],
    [{ q: "common nowhere" }, 0, "index"],
    [{ q: "need*" }, 3, "index"],
    [{ q: "needle", sort: "filename" }, 3, "index"],
    [{ q: "seldom", status: "ready" }, 10, "index"],
    [{ q: "edge" }, 14, "index"],
    [{ q: "edge", sort: "createdAt" }, 14, "index"],
    [{ q: "edge", sort: "-createdAt" }, 14, "index"],
    [{ q: "common" }, 20, "walk"],
    [{ q: "com*" }, 20, "walk"],
    [{ q: "common", sort: "filename" }, 20, "walk"]
  ]

  it.effect("a search reads no table from end to end, whatever it looks for", () =>
    Effect.gen(function* () {
      yield* fill
      const { find } = yield* Search
      for (const [query, hits, way] of searches) {
        const page = yield* find(owner, query, 20)
        assert.strictEqual(page.items.length, hits, JSON.stringify(query))
        const { tables, index } = yield* scansOf(find(owner, query, 20))
        assert.strictEqual(tables, 0, JSON.stringify(query))
        if (way === "walk" && query.sort !== undefined) assert.strictEqual(index, 0, JSON.stringify(query))
        if (way === "index") assert.isAtLeast(index, rounds, JSON.stringify(query))
      }
      const { list } = yield* DocumentRepository
      for (const status of ["failed", "ready", "pending"] as const) {
        for (const sort of ["createdAt", "-createdAt", "filename", "-filename"] as const) {
          const { tables } = yield* scansOf(list(owner, { filter: { status }, sort, limit: 21, after: Option.none() }))
          assert.strictEqual(tables, 0, `${status} ${sort}`)
        }
      }
    })
  )

  it.effect("a search counts no hits of other accounts", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const plan = yield* sql<Record<string, string>>`EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF)
        SELECT document_id FROM search_terms WHERE user_id = ${owner} AND terms @@ 'seldom'::tsquery`
      const text = plan.map((row) => Object.values(row)[0]).join("\n")
      assert.match(text, /Bitmap Index Scan on search_terms_by_account/)
      assert.match(text, /Index Cond: \(\(user_id = .*\) AND \(terms @@ '''seldom'''::tsquery\)\)/)
      assert.match(text, /Bitmap Index Scan.*rows=10/)
    })
  )
})

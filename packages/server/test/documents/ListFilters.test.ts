import { assert } from "@effect/vitest"
import * as Database from "@kite/adapters/postgres/Database"
import type { ContentType } from "@kite/domain/documents/Document"
import type { DocumentFilter, DocumentSort } from "@kite/domain/documents/DocumentList"
import { filenameKey } from "@kite/domain/documents/FilenameKey"
import { firstIdAt } from "@kite/domain/UuidV7"
import { UserId } from "@kite/domain/users/User"
import { type Caller, Someone, sendAs, signUp, upload } from "@kite/testkit/http/Client"
import { assertProblem } from "@kite/testkit/http/Problem"
import { TestServer } from "@kite/testkit/http/TestServer"
import { TestDatabase } from "@kite/testkit/postgres/TestDatabase"
import { suite } from "@kite/testkit/Suite"
import { DateTime, Effect, Layer, Option, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { DocumentRepository } from "../../src/documents/DocumentRepository.ts"

const sorts: ReadonlyArray<DocumentSort> = ["createdAt", "-createdAt", "filename", "-filename"]
const types = ["application/pdf", "image/png", "text/plain"] as const satisfies ReadonlyArray<ContentType>

/** When the first document of a test is created, in ms. */
const epoch = Date.UTC(2026, 0, 1)

interface Row {
  readonly id: string
  readonly createdAt: number
  readonly contentType: string
  readonly filename: string
}

/** Adds documents that were created at these times, `late` ms before their ids, as clocks that disagree do. */
const insertAt = Effect.fnUntraced(function* (
  owner: string,
  documents: ReadonlyArray<{ readonly at: number; readonly late: number; readonly type: number; readonly name: string }>
) {
  const sql = yield* SqlClient.SqlClient
  const rows: Array<Row> = []
  for (const [index, { at, late, type, name }] of documents.entries()) {
    const createdAt = epoch + at
    const id = firstIdAt(createdAt + late).replace(/0{12}$/, owner.slice(-8) + String(index).padStart(4, "0"))
    const row = { id, createdAt, contentType: types[type % types.length] ?? "text/plain", filename: name }
    yield* sql`INSERT INTO documents (id, user_id, object_key, filename, filename_key, search_version, content_type, size_bytes,
        sha256, status, created_at, updated_at)
      VALUES (${id}, ${owner}, gen_random_uuid(), ${name}, ${filenameKey(name)}, 1, ${row.contentType}, 1, repeat('0', 64),
        'pending', ${new Date(createdAt)}, now())`
    rows.push(row)
  }
  return rows
})

const list = (user: Caller, query: Record<string, string>) =>
  sendAs(user, `/api/documents?${new URLSearchParams(query)}`)

/** The ids of every page of a list in turn. */
const walk = Effect.fnUntraced(function* (user: Caller, query: Record<string, string>) {
  const ids: Array<string> = []
  let cursor: string | null = ""
  while (cursor !== null) {
    const page: { json: any } = yield* list(user, cursor === "" ? query : { ...query, cursor })
    ids.push(...page.json.items.map(({ id }: { id: string }) => id))
    cursor = page.json.nextCursor
  }
  return ids
})

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)
const ordered = (rows: ReadonlyArray<Row>, sort: DocumentSort) => {
  const byName = (a: Row, b: Row) => compare(filenameKey(a.filename), filenameKey(b.filename)) || compare(a.id, b.id)
  const ascending = rows.toSorted(sort.endsWith("filename") ? byName : (a, b) => compare(a.id, b.id))
  return sort.startsWith("-") ? ascending.reverse() : ascending
}

const Few = (maximum: number) => Schema.Int.check(Schema.isBetween({ minimum: 0, maximum }))

suite(Someone.layer.pipe(Layer.provideMerge(TestServer.layer)))("a list of documents by type and time", (it) => {
  it.effect.prop(
    "has exactly the documents that match, page by page, in order",
    {
      documents: Schema.Array(
        Schema.Struct({ at: Few(20), late: Few(2), type: Few(2), name: Schema.Literals(["a", "b", "B", "10", "9"]) })
      ).check(Schema.isBetweenLength(0, 25)),
      after: Schema.NullOr(Few(22)),
      before: Schema.NullOr(Few(22)),
      type: Schema.NullOr(Few(2)),
      sort: Schema.Literals(sorts),
      limit: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 7 }))
    },
    Effect.fnUntraced(function* ({ documents, after, before, type, sort, limit }) {
      const user = yield* signUp
      const rows = yield* Effect.orDie(insertAt(user.id, documents))
      const contentType = type === null ? undefined : types[type]
      const query = {
        sort,
        limit: String(limit),
        ...(contentType !== undefined && { contentType }),
        ...(after !== null && { createdAfter: new Date(epoch + after).toISOString() }),
        ...(before !== null && { createdBefore: new Date(epoch + before).toISOString() })
      }
      const expected = ordered(rows, sort).filter(
        (row) =>
          (contentType === undefined || row.contentType === contentType) &&
          (after === null || row.createdAt >= epoch + after) &&
          (before === null || row.createdAt < epoch + before)
      )
      assert.deepStrictEqual(
        yield* walk(user, query),
        expected.map(({ id }) => id)
      )
    }),
    { arbitrary: { runs: 40 } }
  )

  it.effect("splits documents among intervals that follow each other, each into one", () =>
    Effect.gen(function* () {
      const user = yield* signUp
      const { json: first } = yield* upload(user, "first")
      const { json: second } = yield* upload(user, "second")
      const { createdAt } = second
      assert.deepStrictEqual(
        yield* walk(user, { createdBefore: createdAt }),
        first.createdAt === createdAt ? [] : [first.id]
      )
      assert.include(yield* walk(user, { createdAfter: createdAt }), second.id)
      const later = new Date(Date.parse(createdAt) + 1).toISOString()
      assert.deepStrictEqual(yield* walk(user, { createdAfter: later }), [])
      assert.deepStrictEqual(yield* walk(user, { createdAfter: later, createdBefore: createdAt }), [])
    })
  )

  it.effect("filters the hits of a search too", () =>
    Effect.gen(function* () {
      const user = yield* signUp
      const { json } = yield* upload(user, "hello", "greeting.txt")
      const past = "2020-01-01T00:00:00Z"
      const hits = (query: Record<string, string>) => walk(user, { q: "greeting", ...query })
      for (const sort of [{}, { sort: "filename" }]) {
        assert.deepStrictEqual(yield* hits({ ...sort, contentType: "text/plain", createdAfter: past }), [json.id])
        assert.deepStrictEqual(yield* hits({ ...sort, contentType: "image/png" }), [])
        assert.deepStrictEqual(yield* hits({ ...sort, createdBefore: past }), [])
      }
    })
  )

  it.effect("takes a time with any offset", () =>
    Effect.gen(function* () {
      const user = yield* signUp
      const [row] = yield* insertAt(user.id, [{ at: 0, late: 0, type: 0, name: "a" }])
      assert.deepStrictEqual(yield* walk(user, { createdAfter: "2026-01-01T02:00:00+02:00" }), [row?.id])
      assert.deepStrictEqual(yield* walk(user, { createdBefore: "2026-01-01T02:00:00+02:00" }), [])
    })
  )

  it.effect("takes any time", () =>
    Effect.gen(function* () {
      const user = yield* signUp
      const { json } = yield* upload(user, "hello")
      for (const first of ["0000-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "1969-12-31T23:59:59.999999999Z"]) {
        assert.deepStrictEqual(yield* walk(user, { createdAfter: first, createdBefore: "9999-12-31T23:59:59Z" }), [
          json.id
        ])
        assert.deepStrictEqual(yield* walk(user, { createdBefore: first }), [])
      }
    })
  )

  it.effect.each<Record<string, string>>([
    { contentType: "image/bmp" },
    { contentType: "" },
    { createdAfter: "yesterday" },
    { createdAfter: "2026-01-01" },
    { createdAfter: "2026-01-01T00:00:00" },
    { createdAfter: "2026-02-30T25:00:00Z" },
    { createdBefore: "2026-01-01T00:00:00 02:00" },
    { createdBefore: "1767225600000" }
  ])("names the invalid parameter: %j", (query) =>
    Effect.gen(function* () {
      const answer = yield* list(yield* Someone, query)
      assertProblem(answer, 400, "invalid-request", "/api/documents")
      assert.deepStrictEqual(answer.json.errors[0].path, ["query", Object.keys(query)[0]])
    })
  )
})

/** One connection, whose plans become generic after some calls, and whose statistics are all there are. */
const oneConnection = Layer.unwrap(
  Effect.map(TestDatabase, ({ url }) => Layer.orDie(Database.layerUrl(url, { maxConnections: 1 })))
)

suite(DocumentRepository.layer.pipe(Layer.provideMerge(oneConnection), Layer.provideMerge(TestDatabase.layer)))(
  "among many documents",
  (it) => {
    const owner = UserId.make("00000000-0000-7000-8000-000000000000")
    const at = (minutes: number) => DateTime.makeUnsafe(epoch + minutes * 60_000)
    /** 40,000 documents of four accounts, one a minute; few are images. */
    const fill = Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      yield* sql`INSERT INTO users (id, email, password_hash, limit_bytes, created_at)
        SELECT ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, n || '@example.org', '', 1, now()
        FROM generate_series(0, 3) AS n`
      yield* sql`INSERT INTO documents (id, user_id, object_key, filename, filename_key, search_version, content_type,
          size_bytes, sha256, status, created_at, updated_at)
        SELECT (lpad(to_hex(millis / 65536), 8, '0') || '-' || lpad(to_hex(millis % 65536), 4, '0') || '-7000-8000-'
            || lpad(to_hex(n), 12, '0'))::uuid,
          ('00000000-0000-7000-8000-' || lpad((n % 4)::text, 12, '0'))::uuid, gen_random_uuid(), 'n' || n, 'n' || n, 1,
          CASE WHEN n % 4000 = 0 THEN 'image/png' ELSE 'text/plain' END, 1, repeat('0', 64), 'ready',
          to_timestamp(millis / 1000.0), now()
        FROM generate_series(1, 40000) AS n, LATERAL (SELECT ${epoch}::bigint + n::bigint * 60000 AS millis) AS time`
      yield* sql`ANALYZE documents`
    })

    /** The rows that a list reads to find its page. */
    const rowsRead = Effect.fnUntraced(function* (filter: DocumentFilter, sort: DocumentSort) {
      const sql = yield* SqlClient.SqlClient
      const { list } = yield* DocumentRepository
      const read = Effect.gen(function* () {
        yield* sql`SELECT pg_stat_force_next_flush()`
        const [row] = yield* sql<{ rows: number; scans: number }>`SELECT
          (SELECT (seq_tup_read + idx_tup_fetch)::int FROM pg_stat_user_tables WHERE relname = 'documents') AS rows,
          (SELECT seq_scan::int FROM pg_stat_user_tables WHERE relname = 'documents') AS scans`
        return row ?? { rows: 0, scans: 0 }
      })
      const rounds = 10
      const before = yield* read
      const found = yield* list(owner, { filter, sort, limit: 21, after: Option.none() })
      yield* Effect.repeat(list(owner, { filter, sort, limit: 21, after: Option.none() }), { times: rounds - 2 })
      const after = yield* read
      return { found: found.length, rows: (after.rows - before.rows) / rounds, scans: after.scans - before.scans }
    })

    it.effect("a list reads few rows more than it shows, however long ago or rare they are", () =>
      Effect.gen(function* () {
        yield* fill
        const [long, short] = [
          { createdAfter: at(10), createdBefore: at(39_000) },
          { createdAfter: at(100), createdBefore: at(140) }
        ]
        const filters: ReadonlyArray<[DocumentFilter, number]> = [
          [long, 21],
          [short, 10],
          [{ createdBefore: at(40) }, 9],
          [{ createdAfter: at(39_900) }, 21],
          [{ contentType: "image/png" }, 10],
          [{ contentType: "image/png", ...long }, 9],
          [{ contentType: "image/tiff" }, 0]
        ]
        for (const [filter, count] of filters) {
          for (const sort of sorts) {
            const where = JSON.stringify({ filter, sort })
            const { found, rows, scans } = yield* rowsRead(filter, sort)
            assert.strictEqual(found, count, where)
            assert.strictEqual(scans, 0, where)
            assert.isAtMost(rows, 200, where)
          }
        }
      })
    )
  }
)

import { PgClient } from "@effect/sql-pg"
import { assert } from "@effect/vitest"
import { DocumentId, type DocumentStatus } from "@kite/domain/documents/Document"
import { UserId } from "@kite/domain/users/User"
import { DocumentWaits } from "@kite/server/documents/DocumentWaits"
import { eventually } from "@kite/testkit/Eventually"
import { testDatabase } from "@kite/testkit/postgres/TestDatabase"
import { suite } from "@kite/testkit/Suite"
import { Effect, Fiber, Layer, Redacted } from "effect"
import { SqlClient } from "effect/sql"

const owner = UserId.make("00000000-0000-7000-8000-000000000000")

const insertDocument = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`INSERT INTO users (id, email, password_hash, limit_bytes, created_at)
    VALUES (${owner}, 'a@example.org', '', 1, now()) ON CONFLICT DO NOTHING`
  const [row] = yield* sql<{ id: string }>`
    INSERT INTO documents (id, user_id, object_key, filename, content_type, size_bytes, sha256, status, created_at, updated_at)
    VALUES (gen_random_uuid(), ${owner}, gen_random_uuid(), 'a', 'text/plain', 1, '', 'pending', now(), now()) RETURNING id`
  return DocumentId.make(row?.id ?? "")
})

/** A wait whose reads are counted. */
const counted = Effect.fnUntraced(function* (id: DocumentId) {
  const sql = yield* SqlClient.SqlClient
  const { untilFinished } = yield* DocumentWaits
  let reads = 0
  const read = Effect.gen(function* () {
    reads++
    const [row] = yield* sql<{ status: DocumentStatus }>`SELECT status FROM documents WHERE id = ${id}`
    return { status: row?.status ?? "failed" }
  }).pipe(Effect.orDie)
  const fiber = yield* Effect.forkChild(untilFinished(owner, id, "60 seconds", read), { startImmediately: true })
  yield* eventually(Effect.sync(() => reads))
  return { id, fiber, reads: () => reads }
})

const setReady = (id: DocumentId) =>
  SqlClient.SqlClient.use((sql) => sql`UPDATE documents SET status = 'ready' WHERE id = ${id}`)

const linkPids = SqlClient.SqlClient.use(
  (sql) => sql<{ pid: number }>`SELECT pid FROM pg_stat_activity
    WHERE application_name = 'kite-documents' AND query LIKE 'LISTEN%' AND datname = current_database()`
)

suite(DocumentWaits.layer.pipe(Layer.provideMerge(testDatabase)))("waits", (it) => {
  it.effect("cost no query until their own document is finished, and then one", () =>
    Effect.gen(function* () {
      yield* eventually(linkPids, ({ length }) => length === 1)
      const ids = yield* Effect.replicateEffect(insertDocument, 5)
      const waits = yield* Effect.forEach(ids, counted)
      for (const [index, { id, fiber }] of waits.entries()) {
        yield* setReady(id)
        assert.deepStrictEqual(yield* Fiber.join(fiber), { status: "ready" })
        assert.deepStrictEqual(
          waits.map(({ reads }) => reads()),
          waits.map((_, other) => (other <= index ? 2 : 1))
        )
      }
    })
  )

  it.effect("miss nothing while their connection to PostgreSQL is lost for a moment", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const id = yield* insertDocument
      const { fiber } = yield* counted(id)
      const [link] = yield* eventually(linkPids, ({ length }) => length === 1)
      yield* sql`SELECT pg_terminate_backend(${link?.pid ?? 0})`
      yield* setReady(id)
      assert.deepStrictEqual(yield* Fiber.join(fiber), { status: "ready" })
    }).pipe(Effect.timeout("20 seconds"))
  )
})

/** A database that accepts statements, but no connection that listens. */
const withoutLink = Layer.effect(
  PgClient.PgClient,
  Effect.map(PgClient.PgClient, (pg) => {
    const url = Redacted.make("postgres://nobody@127.0.0.1:1/nowhere")
    return new Proxy(pg, {
      get: (target, key, it) => (key === "config" ? { ...pg.config, url } : Reflect.get(target, key, it))
    })
  })
)

suite(Layer.provideMerge(DocumentWaits.layer.pipe(Layer.provide(withoutLink)), testDatabase))(
  "waits without the connection that announces",
  (it) => {
    it.effect("find finished and deleted documents all the same", () =>
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const [ready, deleted] = [yield* insertDocument, yield* insertDocument]
        const [first, second] = [yield* counted(ready), yield* counted(deleted)]
        yield* setReady(ready)
        yield* sql`DELETE FROM documents WHERE id = ${deleted}`
        assert.deepStrictEqual(yield* Fiber.join(first.fiber), { status: "ready" })
        assert.deepStrictEqual(yield* Fiber.join(second.fiber), { status: "failed" })
        assert.deepStrictEqual([first.reads(), second.reads()], [2, 2])
      }).pipe(Effect.timeout("20 seconds"))
    )
  }
)

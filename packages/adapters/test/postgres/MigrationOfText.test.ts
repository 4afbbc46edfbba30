import { assert } from "@effect/vitest"
import * as Database from "@kite/adapters/postgres/Database"
import * as Migrations from "@kite/adapters/postgres/Migrations"
import { TestDatabase } from "@kite/testkit/postgres/TestDatabase"
import { suite } from "@kite/testkit/Suite"
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

/** As it was before pages had parts, with a document of two pages. */
const before = [
  "ALTER TABLE pages DROP CONSTRAINT pages_pkey, DROP COLUMN part, ADD PRIMARY KEY (document_id, number)",
  "ALTER TABLE documents DROP COLUMN notices",
  "DELETE FROM effect_sql_migrations WHERE migration_id >= 12",
  `INSERT INTO users (id, email, password_hash, limit_bytes, created_at)
    VALUES ('01977a5e-8c2b-7000-8000-000000000001', 'a@example.org', '', 9, now())`,
  `INSERT INTO documents (id, user_id, object_key, filename, content_type, size_bytes, sha256, status, created_at, updated_at)
    VALUES ('01977a5e-8c2b-7000-8000-000000000002', '01977a5e-8c2b-7000-8000-000000000001', gen_random_uuid(), 'a', 'text/plain', 1,
      '', 'ready', now(), now())`,
  `INSERT INTO pages (document_id, number, text, source)
    SELECT '01977a5e-8c2b-7000-8000-000000000002', number, repeat('x', 200000 * number), 'text' FROM generate_series(1, 2) AS number`
]

suite(TestDatabase.layer)("pages that are stored already", (it) => {
  it.effect("stay as they are, each in one part", () =>
    Effect.gen(function* () {
      const { url } = yield* TestDatabase
      const run = (statement: string) =>
        SqlClient.SqlClient.use((sql) => sql`${sql.literal(statement)}`).pipe(Effect.provide(Database.layerUrl(url)))
      for (const statement of before) yield* run(statement)
      assert.deepStrictEqual(
        (yield* Migrations.migrate(url)).map(([id]) => id),
        [12]
      )
      assert.deepStrictEqual(yield* run("SELECT number, part, length(text) AS length FROM pages ORDER BY number"), [
        { number: 1, part: 0, length: 200_000 },
        { number: 2, part: 0, length: 400_000 }
      ])
      assert.deepStrictEqual(yield* run("SELECT notices FROM documents"), [{ notices: [] }])
      yield* run(`INSERT INTO pages (document_id, number, part, text, source)
        SELECT document_id, 1, 1, 'y', 'text' FROM pages WHERE number = 1`)
    })
  )
})

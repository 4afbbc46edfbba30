import { assert } from "@effect/vitest"
import { ObjectStore } from "@kite/adapters/objects/ObjectStore"
import { Effect, Stream } from "effect"
import { SqlClient } from "effect/sql"

/** Inserts documents without bytes, for tests that read only rows; returns their ids. */
export const insertDocuments = Effect.fnUntraced(function* (owner: string, filenames: ReadonlyArray<string>) {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql<{ id: string }>`
    INSERT INTO documents
      (id, user_id, object_key, filename, content_type, size_bytes, sha256, status, created_at, updated_at)
    SELECT uuidv7(), ${owner}::uuid, gen_random_uuid(), name, 'text/plain', 1, repeat('0', 64), 'pending', now(), now()
    FROM unnest(${filenames}::text[]) AS name RETURNING id`
  return rows.map(({ id }) => id)
})

/** Stores the text, as the worker does after an extraction. */
export const setText = Effect.fnUntraced(function* (id: string, pages: ReadonlyArray<string>) {
  const sql = yield* SqlClient.SqlClient
  for (const [index, text] of pages.entries()) {
    yield* sql`INSERT INTO pages (document_id, number, text, source) VALUES (${id}, ${index + 1}, ${text}, 'text')`
  }
  yield* sql`UPDATE documents SET status = 'ready', page_count = ${pages.length}, text_terms = document_terms(id)
    WHERE id = ${id}`
})

/** Asserts that quotas equal the sums of documents, every document has its bytes, and every object its document. */
export const assertBalanced = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const store = yield* ObjectStore
  const wrong = yield* sql`
    SELECT id, used_bytes, (SELECT coalesce(sum(size_bytes), 0) FROM documents WHERE user_id = users.id) AS stored
    FROM users WHERE used_bytes <> (SELECT coalesce(sum(size_bytes), 0) FROM documents WHERE user_id = users.id)`
  assert.deepStrictEqual(wrong, [])
  const rows = yield* sql<{ objectKey: string; sizeBytes: bigint }>`SELECT object_key, size_bytes FROM documents`
  const objects = yield* Stream.runCollect(store.list)
  assert.deepStrictEqual(
    new Map(objects.map(({ key, sizeBytes }) => [key as string, sizeBytes])),
    new Map(rows.map(({ objectKey, sizeBytes }) => [objectKey, Number(sizeBytes)]))
  )
})

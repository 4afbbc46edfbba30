import { assert } from "@effect/vitest"
import { ObjectStore } from "@kite/adapters/objects/ObjectStore"
import { SearchIndex, searchVersion } from "@kite/adapters/search/SearchIndex"
import { DocumentId } from "@kite/domain/documents/Document"
import { filenameKey } from "@kite/domain/documents/FilenameKey"
import { partBlocks, partsOf } from "@kite/domain/search/Blocks"
import { DocumentTerms } from "@kite/domain/search/DocumentTerms"
import { Context, Effect, Layer, Stream } from "effect"
import { SqlClient } from "effect/sql"

const index = Effect.scoped(Layer.build(SearchIndex.layer)).pipe(Effect.map(Context.get(SearchIndex)))

const inTransaction = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.flatMap(SqlClient.SqlClient, (sql) => sql.withTransaction(effect))

/** Documents without bytes, for what looks at rows alone; answers their ids. */
export const insertDocuments = Effect.fnUntraced(function* (owner: string, filenames: ReadonlyArray<string>) {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql<{ id: string; filename: string }>`
    INSERT INTO documents (id, user_id, object_key, filename, filename_key, search_version, content_type, size_bytes, sha256,
      status, created_at, updated_at)
    SELECT uuidv7(), ${owner}::uuid, gen_random_uuid(), name, key, ${searchVersion}::smallint, 'text/plain', 1,
      repeat('0', 64), 'pending', now(), now()
    FROM unnest(${filenames}::text[], ${filenames.map(filenameKey)}::text[]) AS named (name, key) RETURNING id, filename`
  const { putName } = yield* index
  for (const { id, filename } of rows) yield* putName({ id: DocumentId.make(id), userId: owner, filename })
  return rows.map(({ id }) => id)
}, inTransaction)

/** Stores the text, as the worker does after an extraction. */
export const setText = Effect.fnUntraced(function* (id: string, pages: ReadonlyArray<string>) {
  const sql = yield* SqlClient.SqlClient
  const { putText } = yield* index
  const terms = new DocumentTerms()
  for (const [index, text] of pages.entries()) {
    for (const [part, some] of Array.from(partsOf(text)).entries()) {
      yield* sql`INSERT INTO pages (document_id, number, part, text, source, first_block)
        VALUES (${id}, ${index + 1}, ${part}, ${some}, 'text', ${terms.blocks + part * partBlocks})`
    }
    terms.add(text)
  }
  const [row] = yield* sql<{ userId: string; filename: string }>`UPDATE documents SET status = 'ready',
    page_count = ${pages.length} WHERE id = ${id} RETURNING user_id, filename`
  if (row !== undefined) yield* putText({ id: DocumentId.make(id), ...row }, Array.from(terms.rows()))
})

/** Stores each page of the document in one part, as kite did before it divided long pages. */
export const undivide = Effect.fnUntraced(function* (id: string) {
  const sql = yield* SqlClient.SqlClient
  yield* sql`UPDATE pages SET text = (SELECT string_agg(text, '' ORDER BY part) FROM pages AS other
    WHERE other.document_id = pages.document_id AND other.number = pages.number) WHERE document_id = ${id} AND part = 0`
  yield* sql`DELETE FROM pages WHERE document_id = ${id} AND part > 0`
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

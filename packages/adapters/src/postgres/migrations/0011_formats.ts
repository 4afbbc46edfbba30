import { Effect } from "effect"
import { SqlClient } from "effect/sql"

/**
 * What is known of how a document was read: its encoding, how sure OCR is, what was left out, and by which version
 * of the readers. The index is for doubtful ones.
 */
export const migration = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`
    ALTER TABLE documents
      ADD COLUMN encoding text,
      ADD COLUMN ocr_confidence double precision CHECK (ocr_confidence BETWEEN 0 AND 100),
      ADD COLUMN notices jsonb NOT NULL DEFAULT '[]',
      ADD COLUMN readers_version smallint NOT NULL DEFAULT 0`
  yield* sql`ALTER TABLE pages DROP CONSTRAINT pages_source_check`
  yield* sql`ALTER TABLE pages ADD CONSTRAINT pages_source_check CHECK (source IN ('text', 'ocr', 'text+ocr'))`
  yield* sql`
    UPDATE documents SET ocr_confidence = (
      SELECT avg(confidence) FROM pages WHERE document_id = documents.id AND source = 'ocr'
    ) WHERE EXISTS (SELECT FROM pages WHERE document_id = documents.id AND confidence IS NOT NULL)`
  yield* sql`
    CREATE INDEX documents_by_ocr_confidence ON documents (user_id, ocr_confidence) WHERE ocr_confidence IS NOT NULL`
})

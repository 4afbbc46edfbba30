import { Effect } from "effect"
import { SqlClient } from "effect/sql"

/**
 * Uploads that are repeated, waits for the end of an extraction, and lists by type.
 *
 * A row of `idempotency_keys` is a claim while its upload runs (`holder`, renewed until `expires_at`), and afterwards what the upload
 * returned. `oldest_copy` is volatile, so that a statement which waited for another upload of the account sees what that one stored.
 * `kite_documents` is the channel on which the ids of documents are sent that are finished or deleted.
 */
export const migration = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`
    CREATE TABLE idempotency_keys (
      user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
      key_hash bytea NOT NULL,
      holder uuid NOT NULL,
      expires_at timestamptz NOT NULL,
      fingerprint bytea,
      status smallint,
      response json,
      PRIMARY KEY (user_id, key_hash),
      CHECK (num_nonnulls(fingerprint, status, response) IN (0, 3))
    )`
  yield* sql`CREATE INDEX idempotency_keys_expiry ON idempotency_keys (expires_at)`
  yield* sql`CREATE INDEX documents_by_bytes ON documents (user_id, sha256, id)`
  yield* sql`CREATE INDEX documents_by_type ON documents (user_id, content_type, id)`
  yield* sql`
    CREATE FUNCTION oldest_copy(owner uuid, hash text, besides uuid) RETURNS uuid LANGUAGE sql VOLATILE AS $$
      SELECT id FROM documents WHERE user_id = owner AND sha256 = hash AND id <> besides ORDER BY id LIMIT 1
    $$`
  yield* sql`
    CREATE FUNCTION announce_document() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      PERFORM pg_notify('kite_documents', OLD.id::text);
      RETURN NULL;
    END
    $$`
  yield* sql`
    CREATE TRIGGER documents_finished AFTER UPDATE OF status ON documents FOR EACH ROW
    WHEN (NEW.status IN ('ready', 'failed')) EXECUTE FUNCTION announce_document()`
  yield* sql`
    CREATE TRIGGER documents_deleted AFTER DELETE ON documents FOR EACH ROW EXECUTE FUNCTION announce_document()`
})

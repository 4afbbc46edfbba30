import { Effect } from "effect"
import { SqlClient } from "effect/sql"

/** At most one row: the id of the folder that holds the documents' files, where server and worker share one. */
export const migration = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE TABLE object_store (only_row boolean PRIMARY KEY DEFAULT TRUE CHECK (only_row), id uuid NOT NULL)`
})

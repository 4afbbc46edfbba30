import { Effect, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { DatabaseUnusable } from "./DatabaseUnusable.ts"

/** The oldest major version that the tests have run against. */
const oldestVersion = 15

const decodeFacts = Schema.decodeUnknownSync(
  Schema.Tuple([
    Schema.Struct({
      encoding: Schema.String,
      version: Schema.Int,
      standby: Schema.Boolean,
      hasBtreeGin: Schema.Boolean,
      hasMigrations: Schema.Boolean
    })
  ])
)
const decodeNewest = Schema.decodeUnknownSync(Schema.Tuple([Schema.Struct({ id: Schema.NullOr(Schema.Int) })]))

const refuse = (message: string) => Effect.fail(new DatabaseUnusable({ message }))

/**
 * Refuses a database that kite cannot work with, before a migration changes it: text that is not UTF-8, an old PostgreSQL, a standby,
 * a missing extension, or a schema that a newer kite has made. `latest` is the number of this kite's last migration.
 */
export const requireSuitable = Effect.fnUntraced(function* (latest: number) {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql`
    SELECT current_setting('server_encoding') AS encoding, current_setting('server_version_num')::int / 10000 AS version,
      pg_is_in_recovery() AS standby, to_regclass('effect_sql_migrations') IS NOT NULL AS has_migrations,
      EXISTS (SELECT 1 FROM pg_available_extensions WHERE name = 'btree_gin') AS has_btree_gin`
  const [{ encoding, version, standby, hasBtreeGin, hasMigrations }] = decodeFacts(rows)
  if (encoding !== "UTF8") {
    return yield* refuse(`The database has the encoding ${encoding}: create it with ENCODING 'UTF8' TEMPLATE template0`)
  }
  if (version < oldestVersion) {
    return yield* refuse(`PostgreSQL ${version} is too old: kite needs ${oldestVersion} or newer`)
  }
  if (standby) return yield* refuse("This PostgreSQL is a standby, which is read-only: connect to the primary")
  if (!hasBtreeGin) {
    return yield* refuse("The extension btree_gin is missing: install PostgreSQL's contrib modules on its server")
  }
  if (!hasMigrations) return
  const [{ id }] = decodeNewest(yield* sql`SELECT max(migration_id) AS id FROM effect_sql_migrations`)
  if (id !== null && id > latest) {
    return yield* refuse(`The schema is newer (${id}) than this kite (${latest}): start the version that migrated it`)
  }
})

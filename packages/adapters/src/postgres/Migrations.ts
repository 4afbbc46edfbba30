import { Effect, Layer, type Redacted } from "effect"
import { Migrator, SqlClient } from "effect/sql"
import { isSqlError } from "effect/sql/SqlError"
import { Settings, SettingsError } from "../settings/Settings.ts"
import { grantApplication } from "./ApplicationRole.ts"
import * as Database from "./Database.ts"
import { explainConnection } from "./DatabaseUnusable.ts"
import { migration as accounts } from "./migrations/0001_accounts.ts"
import { migration as documents } from "./migrations/0002_documents.ts"
import { migration as auth } from "./migrations/0003_auth.ts"
import { migration as administration } from "./migrations/0004_administration.ts"
import { migration as search } from "./migrations/0005_search.ts"
import { migration as extractionJobs } from "./migrations/0007_extraction_jobs.ts"
import { migration as uploadReservations } from "./migrations/0008_upload_reservations.ts"
import { migration as records } from "./migrations/0010_records.ts"
import { migration as formats } from "./migrations/0011_formats.ts"
import { migration as text } from "./migrations/0012_text.ts"
import { migration as repeatedUploads } from "./migrations/0013_repeated_uploads.ts"
import { requireSuitable } from "./Suitability.ts"

/** Every migration in order. A released one never changes; a change of the schema is a new migration. */
const migrations = {
  "0001_accounts": accounts,
  "0002_documents": documents,
  "0003_auth": auth,
  "0004_administration": administration,
  "0005_search": search,
  "0007_extraction_jobs": extractionJobs,
  "0008_upload_reservations": uploadReservations,
  "0010_records": records,
  "0011_formats": formats,
  "0012_text": text,
  "0013_repeated_uploads": repeatedUploads
}

/** An index over a large table takes long, and so does waiting for another process that builds one. */
const patient = { statementTimeout: "15 minutes", maxConnections: 2, applicationName: "kite-migrate" } as const

const latest = Math.max(...Object.keys(migrations).map((name) => Number.parseInt(name, 10)))

const run = Migrator.make({})({ loader: Migrator.fromRecord(migrations) })

/**
 * Applies the missing migrations in one transaction and returns their ids and names. Safe from several processes at once:
 * the others wait for the lock on the migrator's table `effect_sql_migrations` and then find nothing to do. The URL's role
 * must own the tables; kite itself may run as another.
 */
export const migrate = Effect.fn("Migrations.migrate")(function* (url: Redacted.Redacted<string>) {
  const applied = yield* requireSuitable(latest).pipe(
    Effect.andThen(run),
    Effect.provide(Database.layerUrl(url, patient))
  )
  if (applied.length > 0)
    yield* Effect.logInfo(`Applied migrations ${applied.map((parts) => parts.join("_")).join(", ")}`)
  return applied
})

/** Whether the schema is up to date. A role that may not migrate can see this too. */
const isCurrent = (url: Redacted.Redacted<string>) =>
  SqlClient.SqlClient.use((sql) => sql`SELECT 1 FROM effect_sql_migrations WHERE migration_id = ${latest}`).pipe(
    Effect.map((rows) => rows.length > 0),
    Effect.provide(Database.layerUrl(url)),
    Effect.orElseSucceed(() => false)
  )

const notCurrent = new SettingsError({
  message:
    "The schema is out of date, and the role of DATABASE_URL may not change it: run kite migrate with DATABASE_MIGRATE_URL"
})

/** Migrates as the role of DATABASE_MIGRATE_URL when it is built, and grants the role of DATABASE_URL what kite needs. */
export const layer = Layer.effectDiscard(
  Effect.gen(function* () {
    const { DATABASE_MIGRATE_URL, DATABASE_URL } = yield* Settings
    const owner = DATABASE_MIGRATE_URL ?? DATABASE_URL
    const setting = DATABASE_MIGRATE_URL === undefined ? "DATABASE_URL" : "DATABASE_MIGRATE_URL"
    if (owner === undefined) {
      return yield* new SettingsError({ message: "DATABASE_MIGRATE_URL or DATABASE_URL is missing" })
    }
    yield* migrate(owner).pipe(
      Effect.catchReason("SqlError", "AuthorizationError", () =>
        Effect.flatMap(isCurrent(owner), (current) => (current ? Effect.void : notCurrent))
      ),
      Effect.mapError((error) => (isSqlError(error) ? explainConnection(setting, owner)(error) : error))
    )
    if (DATABASE_URL !== undefined) yield* grantApplication(owner, DATABASE_URL)
  })
)

import { Effect, Layer, type Redacted } from "effect"
import { Migrator, SqlClient } from "effect/sql"
import { ExtractionQueue } from "../queue/ExtractionQueue.ts"
import { Settings, SettingsError } from "../settings/Settings.ts"
import { grantApplication } from "./ApplicationRole.ts"
import * as Database from "./Database.ts"
import { migration as accounts } from "./migrations/0001_accounts.ts"
import { migration as documents } from "./migrations/0002_documents.ts"
import { migration as auth } from "./migrations/0003_auth.ts"
import { migration as administration } from "./migrations/0004_administration.ts"
import { migration as formats } from "./migrations/0006_formats.ts"

/** The database's history, in order; a migration that was released is never changed, a new one is added. */
const migrations = {
  "0001_accounts": accounts,
  "0002_documents": documents,
  "0003_auth": auth,
  "0004_administration": administration,
  "0006_formats": formats
}

/** An index over a large table takes its time, and so does waiting for another process that builds one. */
const patient = { statementTimeout: "15 minutes", maxConnections: 2, applicationName: "kite-migrate" } as const

const run = Migrator.make({})({ loader: Migrator.fromRecord(migrations) })

/** Its store brings its own tables along, when it is built; never the queue that this process may have built elsewhere. */
const queueTables = Effect.scoped(Layer.build(Layer.fresh(ExtractionQueue.layer)))

/**
 * Applies what the database lacks, all in one transaction, and answers their ids and names. Safe from several processes at
 * once: the others wait for the migrator's lock on its table `effect_sql_migrations`, then find nothing left to do.
 * The url may be that of a role that owns the tables, while kite itself runs as one that does not.
 */
export const migrate = Effect.fn("Migrations.migrate")(function* (url: Redacted.Redacted<string>) {
  const applied = yield* Effect.tap(run, () => queueTables).pipe(Effect.provide(Database.layerUrl(url, patient)))
  if (applied.length > 0)
    yield* Effect.logInfo(`applied migrations ${applied.map((parts) => parts.join("_")).join(", ")}`)
  return applied
})

const latest = Math.max(...Object.keys(migrations).map((name) => Number.parseInt(name, 10)))

/** Whether the database has this version's schema, which a role that may not migrate can still see. */
const isCurrent = (url: Redacted.Redacted<string>) =>
  SqlClient.SqlClient.use((sql) => sql`SELECT 1 FROM effect_sql_migrations WHERE migration_id = ${latest}`).pipe(
    Effect.map((rows) => rows.length > 0),
    Effect.provide(Database.layerUrl(url)),
    Effect.orElseSucceed(() => false)
  )

const notCurrent = new SettingsError({
  message:
    "The database has not this version's schema, and DATABASE_URL may not change it: run kite migrate with DATABASE_MIGRATE_URL"
})

/** Migrates, when it is built, as DATABASE_MIGRATE_URL, and lets the role of DATABASE_URL work with what is there then. */
export const layer = Layer.effectDiscard(
  Effect.gen(function* () {
    const { DATABASE_MIGRATE_URL, DATABASE_URL } = yield* Settings
    const owner = DATABASE_MIGRATE_URL ?? DATABASE_URL
    if (owner === undefined) {
      return yield* new SettingsError({ message: "DATABASE_MIGRATE_URL or DATABASE_URL is missing" })
    }
    yield* migrate(owner).pipe(
      Effect.catchReason("SqlError", "AuthorizationError", () =>
        Effect.flatMap(isCurrent(owner), (current) => (current ? Effect.void : notCurrent))
      )
    )
    if (DATABASE_URL !== undefined) yield* grantApplication(owner, DATABASE_URL)
  })
)

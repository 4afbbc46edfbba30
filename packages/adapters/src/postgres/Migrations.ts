import { PgClient } from "@effect/sql-pg"
import { Effect, Layer, type Redacted } from "effect"
import { Migrator } from "effect/sql"
import * as Database from "./Database.ts"
import { migration as accounts } from "./migrations/0001_accounts.ts"
import { migration as documents } from "./migrations/0002_documents.ts"
import { migration as auth } from "./migrations/0003_auth.ts"
import { migration as administration } from "./migrations/0004_administration.ts"

/** The database's history, in order; a migration that was released is never changed, a new one is added. */
const migrations = {
  "0001_accounts": accounts,
  "0002_documents": documents,
  "0003_auth": auth,
  "0004_administration": administration
}

/** An index over a large table takes its time, and so does waiting for another process that builds one. */
const patient = { statementTimeout: "15 minutes", maxConnections: 2, applicationName: "kite-migrate" } as const

const run = Migrator.make({})({ loader: Migrator.fromRecord(migrations) })

/**
 * Applies what the database lacks, all in one transaction, and answers their ids and names. Safe from several processes at
 * once: the others wait for the migrator's lock on its table `effect_sql_migrations`, then find nothing left to do.
 * The url may be that of a role that owns the tables, while kite itself runs as one that does not.
 */
export const migrate = Effect.fn("Migrations.migrate")(function* (url: Redacted.Redacted<string>) {
  const applied = yield* run.pipe(Effect.provide(Database.layerUrl(url, patient)))
  if (applied.length > 0)
    yield* Effect.logInfo(`applied migrations ${applied.map((parts) => parts.join("_")).join(", ")}`)
  return applied
})

/** Migrates, when it is built, the database of the client, over a connection of its own that has more patience. */
export const layer = Layer.effectDiscard(
  Effect.flatMap(PgClient.PgClient, ({ config }) =>
    config.url === undefined ? Effect.die("the client was not made from a url") : migrate(config.url)
  )
)

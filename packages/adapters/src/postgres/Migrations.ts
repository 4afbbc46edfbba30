import { Effect, Layer } from "effect"
import { Migrator } from "effect/sql"
import { migration as accounts } from "./migrations/0001_accounts.ts"
import { migration as documents } from "./migrations/0002_documents.ts"

/** The database's history, in order; a migration that was released is never changed, a new one is added. */
const migrations = { "0001_accounts": accounts, "0002_documents": documents }

const apply = Migrator.make({})

/**
 * Applies what the database lacks, all in one transaction, and answers their ids and names. Safe from several processes at
 * once: the others wait for the migrator's lock on its table `effect_sql_migrations`, then find nothing left to do.
 */
export const run = apply({ loader: Migrator.fromRecord(migrations) })

/** Migrates when it is built. */
export const layer = Layer.effectDiscard(
  Effect.tap(run, (applied) =>
    applied.length === 0
      ? Effect.void
      : Effect.logInfo(`applied migrations ${applied.map(([id, name]) => `${id}_${name}`).join(", ")}`)
  )
)

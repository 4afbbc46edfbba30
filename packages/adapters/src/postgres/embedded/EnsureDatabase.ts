import { PgClient } from "@effect/sql-pg"
import { Effect, type Redacted } from "effect"
import { Reactivity } from "effect/reactivity"
import { EmbeddedPostgresError } from "./EmbeddedPostgresError.ts"

/** Creates the database if it is missing. The URL names another database of the same server. */
export const ensureDatabase = (url: Redacted.Redacted<string>, name: string) =>
  Effect.gen(function* () {
    const sql = yield* PgClient.makeClient({ url })
    const found = yield* sql`SELECT 1 FROM pg_database WHERE datname = ${name}`
    if (found.length === 0) yield* sql`CREATE DATABASE ${sql(name)}`
  }).pipe(
    Effect.scoped,
    Effect.timeout("10 seconds"),
    Effect.provide(Reactivity.layer),
    Effect.mapError(EmbeddedPostgresError.from)
  )

import { NodeRuntime } from "@effect/platform-node"
import * as Database from "@kite/adapters/postgres/Database"
import { EmbeddedPostgres } from "@kite/adapters/postgres/embedded/EmbeddedPostgres"
import { Effect, Layer, Redacted } from "effect"
import { SqlClient } from "effect/sql"

const [, , dataDir = ""] = process.argv

const database = Layer.unwrap(Effect.map(EmbeddedPostgres, ({ url }) => Database.layerUrl(url)))

/** Prints the URL of its PostgreSQL, runs until it is interrupted, and writes once more before it ends. */
Effect.gen(function* () {
  const { url } = yield* EmbeddedPostgres
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE TABLE IF NOT EXISTS work (note text)`
  yield* Effect.addFinalizer(() =>
    Effect.orDie(
      Effect.andThen(sql`INSERT INTO work VALUES ('drained')`, () => Effect.sync(() => console.log("drained")))
    )
  )
  console.log(`ready ${Redacted.value(url)}`)
  return yield* Effect.never
}).pipe(
  Effect.scoped,
  Effect.provide(database.pipe(Layer.provideMerge(EmbeddedPostgres.layer({ dataDir })))),
  NodeRuntime.runMain
)

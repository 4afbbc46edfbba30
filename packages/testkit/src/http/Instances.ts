import * as Database from "@kite/adapters/postgres/Database"
import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { eventually } from "../Eventually.ts"
import { TestDatabase } from "../postgres/TestDatabase.ts"
import { TestServer } from "./TestServer.ts"

/** Starts another server on the test's database that ends with the scope. Provide the returned context to send requests to it. */
export const startInstance = Effect.gen(function* () {
  const database = yield* TestDatabase
  const pool = Layer.orDie(Database.layerUrl(database.url))
  const server = TestServer.layerOn({ database: Layer.merge(Layer.succeed(TestDatabase, database), pool) })
  return yield* Layer.build(Layer.fresh(server))
})

const links = (instances: number) =>
  Effect.flatMap(
    SqlClient.SqlClient,
    (sql) =>
      sql<{ pid: number }>`
      SELECT pid FROM pg_stat_activity
      WHERE application_name = 'kite-revocations' AND query LIKE 'LISTEN%' AND datname = current_database()`
  ).pipe((rows) => eventually(rows, ({ length }) => length === instances))

/** Ends the connections that this number of instances listen on, as a failover of PostgreSQL does. */
export const killLinks = Effect.fnUntraced(function* (instances: number) {
  const sql = yield* SqlClient.SqlClient
  for (const { pid } of yield* links(instances)) yield* sql`SELECT pg_terminate_backend(${pid})`
})

import { readFileSync } from "node:fs"
import { join } from "node:path"
import * as Database from "@kite/adapters/postgres/Database"
import { EmbeddedPostgres } from "@kite/adapters/postgres/embedded/EmbeddedPostgres"
import { temporaryDirectory } from "@kite/testkit/processes/TemporaryDirectory"
import { Context, Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"

/** A PostgreSQL that the suite may freeze and kill, and a client with time-outs of 500 ms. */
export class Victim extends Context.Service<
  Victim,
  {
    readonly sql: SqlClient.SqlClient
    /** The server's processes: the postmaster, then one per connection of the client. */
    readonly processes: Effect.Effect<ReadonlyArray<number>>
  }
>()("@kite/adapters/test/postgres/Victim") {
  static readonly layer = Layer.effect(
    Victim,
    Effect.gen(function* () {
      const dataDir = yield* temporaryDirectory
      const { url } = yield* Layer.build(EmbeddedPostgres.layer({ dataDir })).pipe(
        Effect.map((context) => Context.get(context, EmbeddedPostgres))
      )
      const database = Database.layerUrl(url, { statementTimeout: "500 millis", maxConnections: 4 })
      const sql = Context.get(yield* Layer.build(database), SqlClient.SqlClient)
      const connections = sql<{ pid: number }>`
        SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend'`
      const processes = Effect.map(connections, (rows) => [
        Number.parseInt(readFileSync(join(dataDir, "postgres", "postmaster.pid"), "utf8"), 10),
        ...rows.map(({ pid }) => pid)
      ])
      return Victim.of({ sql, processes: Effect.orDie(processes) })
    })
  )
}

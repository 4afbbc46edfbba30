import { PgClient } from "@effect/sql-pg"
import { type Layer, type Redacted, String } from "effect"
import type { SqlClient } from "effect/sql"
import type { SqlError } from "effect/sql/SqlError"

export interface DatabaseOptions {
  readonly maxConnections?: number
  /** Shown in pg_stat_activity. */
  readonly applicationName?: string
}

/** PostgreSQL as an SqlClient: identifiers are camelCase in TypeScript and snake_case in SQL. */
export const layerUrl = (
  url: Redacted.Redacted<string>,
  options: DatabaseOptions = {}
): Layer.Layer<PgClient.PgClient | SqlClient.SqlClient, SqlError> =>
  PgClient.layer({
    url,
    maxConnections: options.maxConnections ?? 10,
    applicationName: options.applicationName ?? "kite",
    connectTimeout: "5 seconds",
    idleTimeout: "60 seconds",
    transformQueryNames: String.camelToSnake,
    transformResultNames: String.snakeToCamel,
    startupParameters: { statement_timeout: "30000", idle_in_transaction_session_timeout: "30000", timezone: "UTC" }
  })

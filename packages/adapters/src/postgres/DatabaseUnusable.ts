import { Redacted, Schema } from "effect"
import type { SqlError } from "effect/sql/SqlError"

/** PostgreSQL accepts no connection; `message` says in one line why and what to do, without a secret. */
export class DatabaseUnusable extends Schema.TaggedError<DatabaseUnusable>()("DatabaseUnusable", {
  message: Schema.String
}) {}

const readUrl = (secret: Redacted.Redacted<string>) => {
  const url = new URL(Redacted.value(secret))
  return {
    address: url.searchParams.get("host") ?? `${url.hostname}:${url.port || 5432}`,
    user: decodeURIComponent(url.username),
    database: decodeURIComponent(url.pathname.slice(1))
  }
}

const codeOf = (cause: unknown) =>
  cause instanceof Error && "code" in cause && typeof cause.code === "string" ? cause.code : undefined

/** PostgreSQL's error code for a database that does not exist. */
const invalidCatalogName = "3D000"

/** Explains an error of a connection with the URL of this setting; every other error passes. */
export const explainConnection =
  (setting: "DATABASE_URL" | "DATABASE_MIGRATE_URL", url: Redacted.Redacted<string>) =>
  (error: SqlError): SqlError | DatabaseUnusable => {
    const { address, user, database } = readUrl(url)
    const { _tag, cause, operation } = error.reason
    const unusable = (what: string) => new DatabaseUnusable({ message: `PostgreSQL at ${address} ${what} ${setting}` })
    const detail = cause instanceof Error ? (codeOf(cause) ?? cause.message) : String(cause)
    if (_tag === "AuthenticationError") return unusable(`refuses the login as "${user}": correct user and password in`)
    if (_tag === "ConnectionError") return unusable(`cannot be reached (${detail}): start it, or correct`)
    if (codeOf(cause) === invalidCatalogName) {
      return unusable(`has no database "${database}": create it, or correct`)
    }
    if (operation !== "connect") return error
    return unusable(`refuses the connection (${cause instanceof Error ? cause.message : detail}): check`)
  }

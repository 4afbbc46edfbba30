import { Effect, Redacted, Schema } from "effect"
import { SqlClient } from "effect/sql"
import * as Database from "./Database.ts"
import { scramVerifier } from "./ScramVerifier.ts"

/** The application's role cannot be set up; `message` says what the operator can do. */
export class ApplicationRoleError extends Schema.TaggedError<ApplicationRoleError>()("ApplicationRoleError", {
  message: Schema.String
}) {}

const quoted = (identifier: string) => `"${identifier.replaceAll('"', '""')}"`

/** Name and password in a connection URL. */
const credentials = (url: Redacted.Redacted<string>) => {
  const { username, password } = new URL(Redacted.value(url))
  return { name: decodeURIComponent(username), password: Redacted.make(decodeURIComponent(password)) }
}

const exists = Effect.fnUntraced(function* (name: string) {
  const sql = yield* SqlClient.SqlClient
  return (yield* sql`SELECT 1 FROM pg_roles WHERE rolname = ${name}`).length > 0
})

/** An existing role stays as it is: the operator manages its password. */
const ensureRole = Effect.fnUntraced(function* (name: string, password: Redacted.Redacted<string>) {
  const sql = yield* SqlClient.SqlClient
  if (yield* exists(name)) return
  if (Redacted.value(password) === "") {
    return yield* new ApplicationRoleError({
      message: `The role ${quoted(name)} of DATABASE_URL does not exist; give its password in the URL, and kite creates it`
    })
  }
  const role = sql.literal(quoted(name))
  const verifier = sql.literal(`'${scramVerifier(password)}'`)
  const create = sql`CREATE ROLE ${role} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD ${verifier}`
  // Roles belong to the whole server: a migration of another database may have been first.
  yield* Effect.catch(create, () =>
    Effect.flatMap(exists(name), (isThere) =>
      isThere
        ? Effect.void
        : new ApplicationRoleError({
            message: `The role ${quoted(name)} of DATABASE_URL does not exist, and DATABASE_MIGRATE_URL may not create it: CREATE ROLE ${quoted(name)} LOGIN PASSWORD '...'`
          })
    )
  )
  yield* Effect.logInfo(`Created the role ${quoted(name)}`)
})

/** Rights on rows and none on tables: every statement in order. */
const statements = (role: string, database: string) => [
  `REVOKE CREATE, TEMPORARY ON DATABASE ${database} FROM PUBLIC, ${role}`,
  `GRANT CONNECT ON DATABASE ${database} TO ${role}`,
  `REVOKE CREATE ON SCHEMA public FROM PUBLIC, ${role}`,
  `GRANT USAGE ON SCHEMA public TO ${role}`,
  `REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC, ${role}`,
  `GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO ${role}`,
  `GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO ${role}`,
  // The same for tables that later migrations of this owner create.
  `ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO ${role}`,
  `ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO ${role}`,
  // What was recorded stays as it was recorded.
  `REVOKE UPDATE, DELETE ON audit_log, audit_seals FROM ${role}`,
  `REVOKE INSERT, UPDATE, DELETE ON effect_sql_migrations FROM ${role}`
]

const grant = Effect.fnUntraced(function* (name: string) {
  const sql = yield* SqlClient.SqlClient
  yield* sql`SELECT pg_advisory_xact_lock(hashtext('kite grants'))`
  const [{ database } = { database: "" }] = yield* sql<{ database: string }>`SELECT current_database() AS database`
  yield* Effect.forEach(statements(quoted(name), quoted(database)), (text) => sql`${sql.literal(text)}`, {
    discard: true
  })
  const [rights] = yield* sql<{ tooMany: boolean }>`
    SELECT has_table_privilege(${name}, 'audit_log', 'UPDATE, DELETE, TRUNCATE')
      OR has_table_privilege(${name}, 'audit_seals', 'UPDATE, DELETE, TRUNCATE') AS too_many`
  if (rights?.tooMany === true) {
    yield* Effect.logWarning(
      `The role ${quoted(name)} can change the audit log: it is a superuser or belongs to the owner`
    )
  }
})

/**
 * Grants the role of the application's URL access to the rows of the owner's tables, and creates the role if it can. Every
 * run sets the rights again. If both URLs use the same role, nothing is granted.
 */
export const grantApplication = Effect.fn("ApplicationRole.grant")(function* (
  ownerUrl: Redacted.Redacted<string>,
  applicationUrl: Redacted.Redacted<string>
) {
  const { name, password } = credentials(applicationUrl)
  if (name === credentials(ownerUrl).name) return
  yield* Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    yield* ensureRole(name, password)
    yield* sql.withTransaction(grant(name))
  }).pipe(Effect.provide(Database.layerUrl(ownerUrl, { maxConnections: 2, applicationName: "kite-migrate" })))
})

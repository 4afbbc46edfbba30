import { assert } from "@effect/vitest"
import { ApplicationRoleError, grantApplication } from "@kite/adapters/postgres/ApplicationRole"
import * as Database from "@kite/adapters/postgres/Database"
import * as Migrations from "@kite/adapters/postgres/Migrations"
import { ExtractionQueue } from "@kite/adapters/queue/ExtractionQueue"
import { TwoRoles } from "@kite/testkit/postgres/TwoRoles"
import { suite } from "@kite/testkit/Suite"
import { Effect, Layer, Redacted } from "effect"
import { SqlClient } from "effect/sql"

const as = (url: Redacted.Redacted<string>) => Effect.provide(Database.layerUrl(url))
const asApplication = <A, E>(effect: Effect.Effect<A, E, SqlClient.SqlClient>) =>
  Effect.flatMap(TwoRoles, ({ applicationUrl }) => effect.pipe(as(applicationUrl)))
const asOwner = <A, E>(effect: Effect.Effect<A, E, SqlClient.SqlClient>) =>
  Effect.flatMap(TwoRoles, ({ ownerUrl }) => effect.pipe(as(ownerUrl)))
const run = (statement: string) => SqlClient.SqlClient.use((sql) => sql`${sql.literal(statement)}`)

/** What `kite migrate` does. */
const prepare = Effect.gen(function* () {
  const { ownerUrl, applicationUrl } = yield* TwoRoles
  yield* Migrations.migrate(ownerUrl)
  yield* grantApplication(ownerUrl, applicationUrl)
})

const entry = `INSERT INTO audit_log (id, at, action, details) VALUES (gen_random_uuid(), now(), 'login', '{}')`

/** Statements that the application role must never be able to run, even if an attacker controls the application. */
const refused = [
  "CREATE TABLE mine (n int)",
  "CREATE TEMPORARY TABLE mine (n int)",
  "CREATE SCHEMA mine",
  "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
  "CREATE INDEX mine ON users (role)",
  "CREATE TRIGGER mine BEFORE INSERT ON audit_log FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()",
  "CREATE RULE mine AS ON INSERT TO audit_log DO INSTEAD NOTHING",
  "CREATE ROLE mine",
  "CREATE DATABASE mine",
  "CREATE EXTENSION citext",
  "DROP TABLE audit_log",
  "DROP TABLE users CASCADE",
  "DROP TABLE extraction_jobs",
  "DROP SCHEMA public CASCADE",
  "DROP INDEX audit_log_action",
  "ALTER TABLE users ADD COLUMN mine int",
  "ALTER TABLE users DROP CONSTRAINT users_role_check",
  "ALTER TABLE audit_log DISABLE TRIGGER ALL",
  "ALTER TABLE audit_log RENAME TO mine",
  "ALTER TABLE audit_log OWNER TO CURRENT_USER",
  "ALTER ROLE CURRENT_USER CREATEROLE",
  "TRUNCATE documents",
  "TRUNCATE users CASCADE",
  "TRUNCATE audit_log",
  "UPDATE audit_log SET action = 'mine'",
  "UPDATE audit_log SET details = '{}' WHERE false",
  "DELETE FROM audit_log",
  "DELETE FROM audit_log WHERE false",
  "MERGE INTO audit_log USING users ON true WHEN MATCHED THEN DELETE",
  `${entry} ON CONFLICT (id) DO UPDATE SET action = 'mine'`,
  "SELECT id FROM audit_log FOR UPDATE",
  "TRUNCATE audit_seals",
  "UPDATE audit_seals SET mac = previous",
  "DELETE FROM audit_seals WHERE false",
  "INSERT INTO effect_sql_migrations (migration_id, name) VALUES (999, 'mine')",
  "UPDATE effect_sql_migrations SET name = 'mine'",
  "DELETE FROM effect_sql_migrations",
  "COPY users TO PROGRAM 'cat'",
  "SELECT pg_read_file('postgresql.conf')"
]

suite(Layer.provideMerge(Layer.effectDiscard(prepare), TwoRoles.layer))("the application's role", (it) => {
  it.effect("is created by an owner that is not a superuser, and may only log in", () =>
    Effect.gen(function* () {
      const { applicationRole, owner } = yield* TwoRoles
      const rows = yield* asApplication(
        SqlClient.SqlClient.use(
          (sql) => sql`
              SELECT rolname, rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls, pg_has_role(${owner}, 'MEMBER') AS member
              FROM pg_roles WHERE rolname = current_user`
        )
      )
      const no = {
        rolsuper: false,
        rolcreatedb: false,
        rolcreaterole: false,
        rolreplication: false,
        rolbypassrls: false
      }
      assert.deepStrictEqual(rows, [{ rolname: applicationRole, ...no, member: false }])
    })
  )

  it.effect.each(refused)("may not: %s", (statement) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(asApplication(run(statement)))
      assert.strictEqual(
        error._tag === "SqlError" ? error.reason._tag : error._tag,
        "AuthorizationError",
        String(error)
      )
    })
  )

  it.effect("may not become the owner", () =>
    Effect.gen(function* () {
      const { owner } = yield* TwoRoles
      for (const statement of [`SET ROLE ${owner}`, `GRANT ${owner} TO CURRENT_USER`]) {
        const error = yield* Effect.flip(asApplication(run(statement)))
        assert.strictEqual(error._tag === "SqlError" && error.reason._tag, "AuthorizationError", statement)
      }
    })
  )

  it.effect("may append to the audit log and read it", () =>
    Effect.gen(function* () {
      yield* asApplication(run(entry))
      assert.deepStrictEqual(yield* asApplication(run("SELECT action FROM audit_log")), [{ action: "login" }])
    })
  )

  it.effect("opens the queue, also in two processes at once", () =>
    Effect.gen(function* () {
      const { applicationUrl } = yield* TwoRoles
      const builds = Effect.scoped(Layer.build(Layer.fresh(ExtractionQueue.layer))).pipe(as(applicationUrl))
      yield* Effect.all([builds, builds], { concurrency: 2 })
    })
  )

  it.effect("may use the tables of later migrations, with the same rights", () =>
    Effect.gen(function* () {
      yield* asOwner(run("CREATE TABLE later (id int GENERATED BY DEFAULT AS IDENTITY, n serial, text text)"))
      yield* asApplication(run("INSERT INTO later (text) VALUES ('a')"))
      assert.deepStrictEqual(yield* asApplication(run("SELECT id, n, text FROM later")), [{ id: 1, n: 1, text: "a" }])
      for (const statement of ["TRUNCATE later", "DROP TABLE later"]) yield* Effect.flip(asApplication(run(statement)))
    })
  )

  it.effect("loses other rights, keeps its password, and may be set up by several processes at once", () =>
    Effect.gen(function* () {
      const { ownerUrl, applicationUrl, applicationRole } = yield* TwoRoles
      yield* asOwner(run(`GRANT UPDATE, TRUNCATE ON audit_log TO ${applicationRole}`))
      const again = grantApplication(ownerUrl, applicationUrl)
      yield* Effect.all([again, again, again], { concurrency: "unbounded" })
      for (const statement of ["UPDATE audit_log SET action = 'mine'", "TRUNCATE audit_log"]) {
        yield* Effect.flip(asApplication(run(statement)))
      }
      const other = new URL(Redacted.value(applicationUrl))
      other.password = "another"
      yield* grantApplication(ownerUrl, Redacted.make(other.href))
      yield* asApplication(run("SELECT 1"))
    })
  )

  it.effect("is left to the operator if it cannot be created", () =>
    Effect.gen(function* () {
      const { ownerUrl, applicationUrl, owner } = yield* TwoRoles
      const url = new URL(Redacted.value(applicationUrl))
      url.username = `other_${owner}`.slice(0, 60)
      const unnamed = new URL(url)
      unnamed.password = ""
      const noPassword = yield* Effect.flip(grantApplication(ownerUrl, Redacted.make(unnamed.href)))
      assert.match(noPassword.message, /does not exist; give its password/)
      const weak = yield* Effect.flip(grantApplication(applicationUrl, Redacted.make(url.href)))
      assert.instanceOf(weak, ApplicationRoleError)
      assert.match(weak.message, /may not create it: CREATE ROLE/)
      assert.notInclude(weak.message, "it's")
    })
  )

  it.effect("is the owner if both URLs name one role: no right changes", () =>
    Effect.gen(function* () {
      const { ownerUrl } = yield* TwoRoles
      yield* grantApplication(ownerUrl, ownerUrl)
      yield* asOwner(run("UPDATE audit_log SET action = 'kept' WHERE false"))
    })
  )
})

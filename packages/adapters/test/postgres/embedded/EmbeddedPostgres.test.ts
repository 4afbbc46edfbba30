import { existsSync, readFileSync } from "node:fs"
import { chmod, lstat, mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { assert, it } from "@effect/vitest"
import * as Database from "@kite/adapters/postgres/Database"
import { EmbeddedPostgres } from "@kite/adapters/postgres/embedded/EmbeddedPostgres"
import { EmbeddedPostgresError } from "@kite/adapters/postgres/embedded/EmbeddedPostgresError"
import { eventually } from "@kite/testkit/Eventually"
import { isRunning } from "@kite/testkit/processes/Processes"
import { temporaryDirectory } from "@kite/testkit/processes/TemporaryDirectory"
import { Effect, Layer, Redacted } from "effect"
import { SqlClient } from "effect/sql"
import { describe } from "vitest"
import { startKite } from "./KiteProcess.ts"

const start = (dataDir: string) =>
  Effect.flatMap(Layer.build(EmbeddedPostgres.layer({ dataDir })), (context) =>
    Effect.provide(EmbeddedPostgres, context)
  )

const query = <A, E>(url: Redacted.Redacted<string>, f: (sql: SqlClient.SqlClient) => Effect.Effect<A, E>) =>
  SqlClient.SqlClient.use(f).pipe(Effect.provide(Database.layerUrl(url)))

const postmaster = (dataDir: string) =>
  Number(readFileSync(join(dataDir, "postgres", "postmaster.pid"), "utf8").split("\n")[0])

const socketOf = (url: Redacted.Redacted<string>) => new URL(Redacted.value(url)).searchParams.get("host") ?? ""

describe("EmbeddedPostgres", () => {
  it.live("starts again with the same data, password and address, and creates no new cluster", () =>
    Effect.gen(function* () {
      const dataDir = yield* temporaryDirectory
      const first = yield* Effect.scoped(
        Effect.gen(function* () {
          const { url } = yield* start(dataDir)
          yield* query(url, (sql) => sql`CREATE TABLE kept AS SELECT 42 AS answer`)
          return { url, made: (yield* Effect.promise(() => stat(join(dataDir, "postgres", "PG_VERSION")))).birthtimeMs }
        })
      )
      const { url } = yield* start(dataDir)
      assert.deepStrictEqual(yield* query(url, (sql) => sql`SELECT answer FROM kept`), [{ answer: 42 }])
      assert.strictEqual(Redacted.value(url), Redacted.value(first.url))
      assert.strictEqual(
        (yield* Effect.promise(() => stat(join(dataDir, "postgres", "PG_VERSION")))).birthtimeMs,
        first.made
      )
    })
  )

  it.live("lets only its owner read the password, opens no port, runs in UTC", () =>
    Effect.gen(function* () {
      const dataDir = yield* temporaryDirectory
      const { url } = yield* start(dataDir)
      const { mode } = yield* Effect.promise(() => stat(join(dataDir, "postgres-password")))
      assert.strictEqual(mode & 0o777, 0o600)
      const settings = yield* query(
        url,
        (sql) => sql`SELECT current_setting('listen_addresses') AS port, current_setting('log_timezone') AS zone`
      )
      assert.deepStrictEqual(settings, [{ port: "", zone: "UTC" }])
      const wrong = Redacted.make(Redacted.value(url).replace(/:[^:@/]+@/, ":wrong@"))
      const refused = yield* Effect.flip(query(wrong, (sql) => sql`SELECT 1`))
      assert.strictEqual(refused.reason._tag, "AuthenticationError")
    })
  )

  it.live("leaves no process and no lock behind", () =>
    Effect.gen(function* () {
      const dataDir = yield* temporaryDirectory
      const pid = yield* Effect.scoped(Effect.map(start(dataDir), () => postmaster(dataDir)))
      assert.isFalse(isRunning(pid))
      const left = yield* Effect.promise(() => readdir(join(dataDir, "postgres")))
      assert.deepStrictEqual(
        left.filter((name) => /\.pid$|\.s\.PGSQL/.test(name)),
        []
      )
    })
  )

  it.live("takes over the data of a kite that was killed", () =>
    Effect.gen(function* () {
      const dataDir = yield* temporaryDirectory
      const killed = yield* startKite(dataDir)
      yield* query(Redacted.make(killed.url), (sql) => sql`INSERT INTO work VALUES ('acknowledged')`)
      yield* killed.kill
      const orphan = postmaster(dataDir)
      assert.isTrue(isRunning(orphan))
      const { url } = yield* start(dataDir)
      assert.isFalse(isRunning(orphan))
      assert.deepStrictEqual(yield* query(url, (sql) => sql`SELECT note FROM work`), [{ note: "acknowledged" }])
    })
  )

  it.live("refuses a data directory that a running kite uses, without disturbing it", () =>
    Effect.gen(function* () {
      const dataDir = yield* temporaryDirectory
      const first = yield* startKite(dataDir)
      const error = yield* Effect.flip(Effect.scoped(start(dataDir)))
      assert.strictEqual(error.reason, "locked")
      yield* query(Redacted.make(first.url), (sql) => sql`SELECT 1`)
    })
  )

  it.live("survives a Ctrl-C until the application has drained", () =>
    Effect.gen(function* () {
      const dataDir = yield* temporaryDirectory
      const kite = yield* startKite(dataDir)
      const pid = postmaster(dataDir)
      assert.include(yield* kite.interrupt, "drained")
      assert.isFalse(isRunning(pid))
    })
  )

  it.live("restarts PostgreSQL at the same address when something kills it", () =>
    Effect.gen(function* () {
      const dataDir = yield* temporaryDirectory
      const { url } = yield* start(dataDir)
      const killed = postmaster(dataDir)
      process.kill(killed, "SIGKILL")
      yield* eventually(query(url, (sql) => sql`SELECT 1`))
      assert.notStrictEqual(postmaster(dataDir), killed)
    })
  )

  it.live("ignores a postmaster.pid whose pid now belongs to another program", () =>
    Effect.gen(function* () {
      const dataDir = yield* temporaryDirectory
      yield* Effect.scoped(start(dataDir))
      const file = join(dataDir, "postgres", "postmaster.pid")
      yield* Effect.promise(() => writeFile(file, `${process.pid}\n${dataDir}/postgres\n1\n5432\n`))
      const { url } = yield* start(dataDir)
      yield* query(url, (sql) => sql`SELECT 1`)
    })
  )

  it.live("names both versions when the cluster is of another major version", () =>
    Effect.gen(function* () {
      const dataDir = yield* temporaryDirectory
      yield* Effect.promise(() => mkdir(join(dataDir, "postgres")))
      yield* Effect.promise(() => writeFile(join(dataDir, "postgres", "PG_VERSION"), "15\n"))
      yield* Effect.promise(() => writeFile(join(dataDir, "postgres-password"), "secret"))
      const error = yield* Effect.flip(Effect.scoped(start(dataDir)))
      assert.strictEqual(error.reason, "wrong-version")
      assert.match(error.message, /PostgreSQL 15.*18/)
    })
  )

  it.live("says that the data directory is not writable", () =>
    Effect.gen(function* () {
      const dataDir = join(yield* temporaryDirectory, "file", "data")
      yield* Effect.promise(() => writeFile(join(dataDir, ".."), "a file, not a directory"))
      const error = yield* Effect.flip(Effect.scoped(start(dataDir)))
      assert.strictEqual(error.reason, "not-writable")
      assert.include(error.message, dataDir)
    })
  )

  it.live("works in a directory that is too deep for the path of a socket", () =>
    Effect.gen(function* () {
      const { url } = yield* start(join(yield* temporaryDirectory, "deep".repeat(40)))
      yield* query(url, (sql) => sql`SELECT 1`)
    })
  )

  it.live("keeps the socket of such a directory where nobody else can reach it, and other commands find it", () =>
    Effect.gen(function* () {
      const dataDir = join(yield* temporaryDirectory, "deep".repeat(40))
      const made = yield* Effect.scoped(
        Effect.gen(function* () {
          const { url } = yield* start(dataDir)
          const directory = socketOf(url)
          const { mode, uid } = yield* Effect.promise(() => lstat(directory))
          const cluster = yield* Effect.promise(() => stat(join(dataDir, "postgres")))
          assert.deepStrictEqual([mode & 0o7777, uid], [0o700, cluster.uid])
          const context = yield* Layer.build(EmbeddedPostgres.layerShared(dataDir))
          const beside = yield* Effect.provide(EmbeddedPostgres, context)
          assert.strictEqual(Redacted.value(beside.url), Redacted.value(url))
          yield* query(beside.url, (sql) => sql`SELECT 1`)
          return directory
        })
      )
      assert.isFalse(existsSync(made))
      // No name that another user could have guessed and made before.
      const { url } = yield* start(dataDir)
      assert.notStrictEqual(socketOf(url), made)
    })
  )

  it.live.each([
    ["is open to other users", "secret", 0o640, /postgres-password is open to other users: run chmod 600 /],
    ["is empty", "", 0o600, /postgres-password is empty: restore it from a backup/]
  ] as const)("does not start, nor lets others in, when the file of the password %s", ([, text, mode, message]) =>
    Effect.gen(function* () {
      const dataDir = yield* temporaryDirectory
      const spoil = Effect.promise(async () => {
        const path = join(dataDir, "postgres-password")
        const before = await readFile(path, "utf8")
        await writeFile(path, text === "" ? "" : before)
        await chmod(path, mode)
      })
      const shared = Effect.scoped(Layer.build(EmbeddedPostgres.layerShared(dataDir)))
      yield* Effect.scoped(
        Effect.gen(function* () {
          yield* start(dataDir)
          yield* spoil
          assert.match((yield* Effect.flip(shared)).message, message)
        })
      )
      assert.match((yield* Effect.flip(Effect.scoped(start(dataDir)))).message, message)
    })
  )

  it("recognises a full disk and a closed directory by the messages of the system and PostgreSQL", () => {
    const reasons = [
      "ENOSPC: no space left on device, write",
      "initdb: error: could not write file: No space left on device",
      "EROFS: read-only file system, mkdir '/data/postgres'",
      'FATAL:  lock file "postmaster.pid" already exists',
      "anything else"
    ].map((text) => EmbeddedPostgresError.from(new Error(text)).reason)
    assert.deepStrictEqual(reasons, ["disk-full", "disk-full", "not-writable", "locked", "failed"])
  })
})

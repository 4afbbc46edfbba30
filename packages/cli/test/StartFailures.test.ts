import { execFileSync } from "node:child_process"
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { createServer as createHttpServer } from "node:http"
import { createServer, type Server } from "node:net"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { startS3rver } from "@kite/testkit/objects/StartS3rver"
import { runKite } from "@kite/testkit/processes/KiteProcess"
import { temporaryDirectory } from "@kite/testkit/processes/TemporaryDirectory"
import { Effect, Redacted } from "effect"
import { inject } from "vitest"

type Variables = Readonly<Record<string, string>>

/** Runs a command that cannot start: it must say why in one line, soon, with exit code 1 and without a stack. */
const failureOf = Effect.fnUntraced(function* (command: string, variables: Variables) {
  const { code, stderr } = yield* runKite([command], variables)
  assert.strictEqual(code, 1, stderr)
  assert.match(stderr, /^kite: [^\n]+\n$/)
  assert.notMatch(stderr, / at .*:\d+:\d+|node:internal|file:\/\//)
  return stderr
})

/** What `kite start` says with these variables and an empty data directory. */
const startFailureOf = (variables: Variables) =>
  Effect.flatMap(temporaryDirectory, (directory) => failureOf("start", { DATA_DIR: directory, ...variables }))

/** The port on which the server listens now. */
const portOf = (server: Server) =>
  Effect.callback<string>((resume) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      resume(Effect.succeed(String(typeof address === "object" ? address?.port : 0)))
    })
  })

const closed = "127.0.0.1:1"
const secret = "a secret of this test and of no other"
const database = (change: (url: URL) => void) => {
  const url = new URL(inject("postgresUrl"))
  change(url)
  return url.href
}

/** Settings of a server or worker whose database and object store are not there. */
const apart = {
  DATABASE_URL: `postgres://kite:hunter2@${closed}/kite`,
  OBJECT_STORE_URL: `http://key:hunter2@${closed}/kite`,
  TOKEN_SECRET: secret
}

/** An S3 server on which the bucket belongs to another account: it says so only when one tries to create it. */
const startTakenBucket = Effect.gen(function* () {
  const server = yield* Effect.acquireRelease(
    Effect.sync(() =>
      createHttpServer((request, response) => {
        const [status, code] = request.method === "HEAD" ? [404, ""] : [409, "BucketAlreadyExists"]
        request.resume().on("end", () => response.writeHead(status).end(code && `<Error><Code>${code}</Code></Error>`))
      })
    ),
    (server) => Effect.sync(() => server.close())
  )
  return `http://key:hunter2@127.0.0.1:${yield* portOf(server)}/taken`
})

describe("a start that fails says why in one line", () => {
  it.live("when the port is in use", () =>
    Effect.gen(function* () {
      const server = createServer()
      yield* Effect.addFinalizer(() => Effect.sync(() => server.close()))
      const port = yield* portOf(server)
      const message = yield* startFailureOf({ PORT: port })
      assert.include(message, `Port ${port} on 127.0.0.1 is already in use: stop the other program or set PORT`)
    })
  )

  it.live("when the port of the metrics is in use", () =>
    Effect.gen(function* () {
      const server = createServer()
      yield* Effect.addFinalizer(() => Effect.sync(() => server.close()))
      const port = yield* portOf(server)
      const advice = `Port ${port} on 127.0.0.1 is already in use: stop the other program or set METRICS_PORT`
      assert.include(yield* startFailureOf({ METRICS_PORT: port }), advice)
      const worker = { DATABASE_URL: inject("postgresUrl"), METRICS_PORT: port, DATA_DIR: yield* temporaryDirectory }
      const OBJECT_STORE_URL = Redacted.value(yield* startS3rver)
      assert.include(yield* failureOf("worker", { ...worker, OBJECT_STORE_URL }), advice)
    })
  )

  it.live("when HOST is not an address of this machine", () =>
    Effect.gen(function* () {
      assert.include(yield* startFailureOf({ HOST: "192.0.2.1" }), " HOST is not an address of this machine")
      assert.include(yield* startFailureOf({ METRICS_HOST: "192.0.2.1" }), " METRICS_HOST is not an address")
    })
  )

  for (const variables of [{}, { DATABASE_URL: apart.DATABASE_URL }, { TOKEN_SECRET: secret }]) {
    it.live(`when DATA_DIR cannot be created, with ${Object.keys(variables).join() || "defaults"}`, () =>
      Effect.gen(function* () {
        const message = yield* startFailureOf({ ...variables, DATA_DIR: "/proc/nope" })
        assert.include(message, "DATA_DIR /proc/nope cannot be created: choose another one")
      })
    )
  }

  it.live("when only files of documents need DATA_DIR and it cannot be created", () =>
    Effect.gen(function* () {
      const variables = { DATABASE_URL: inject("postgresUrl"), TOKEN_SECRET: secret, DATA_DIR: "/proc/nope" }
      assert.include(yield* startFailureOf(variables), "DATA_DIR /proc/nope cannot be created: choose another one")
    })
  )

  it.live("when DATA_DIR is a file, or below one", () =>
    Effect.gen(function* () {
      const file = join(yield* temporaryDirectory, "file")
      writeFileSync(file, "")
      assert.include(yield* startFailureOf({ DATA_DIR: file }), `DATA_DIR ${file} is not a directory`)
      assert.include(yield* startFailureOf({ DATA_DIR: join(file, "data") }), "is not a directory: choose another one")
    })
  )

  it.live.each([
    ["", 0o600, "is empty: restore it from a backup, or remove it and kite creates another one"],
    ["too short", 0o600, "has 9 characters but needs 32: restore it from a backup, or remove it"],
    [secret, 0o644, "is open to other users: run chmod 600"]
  ] as const)("when the token secret in DATA_DIR is %j with mode %o", ([text, mode, fault]) =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      const path = join(directory, "token-secret")
      writeFileSync(path, text)
      chmodSync(path, mode)
      assert.include(yield* startFailureOf({ DATA_DIR: directory }), `kite: ${path} ${fault}`)
      assert.strictEqual(readFileSync(path, "utf8"), text)
    })
  )

  it.live("when DATA_DIR is not writable", () =>
    Effect.gen(function* () {
      const directory = join(yield* temporaryDirectory, "closed")
      mkdirSync(directory)
      chmodSync(directory, 0o500)
      // Root may write to any directory but to those of the kernel.
      const readOnly = process.geteuid?.() === 0 ? "/sys" : directory
      assert.match(yield* startFailureOf({ DATA_DIR: readOnly }), /DATA_DIR \S+ is (not writable|on a read-only)/)
    })
  )

  it.live("when the disk of DATA_DIR is full", ({ skip }) =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      const isMounted = yield* Effect.acquireRelease(
        Effect.sync(() => {
          try {
            execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "none", directory], { stdio: "ignore" })
            return true
          } catch {
            return false
          }
        }),
        (mounted) => Effect.sync(() => mounted && execFileSync("umount", [directory]))
      )
      if (!isMounted) return skip("this user may not mount a small disk")
      assert.match(yield* startFailureOf({ DATA_DIR: directory }), /disk-full.*Free some space/)
      writeFileSync(join(directory, "rest"), "")
      assert.throws(() => writeFileSync(join(directory, "rest"), Buffer.alloc(2_000_000)), /ENOSPC/)
      assert.include(yield* startFailureOf({ DATA_DIR: directory }), "is on a full disk: free some space")
    })
  )

  for (const command of ["start", "server", "worker", "migrate"]) {
    it.live(`when PostgreSQL cannot be reached: kite ${command}`, () =>
      Effect.gen(function* () {
        const message = yield* failureOf(command, { ...apart, DATA_DIR: yield* temporaryDirectory })
        assert.include(
          message,
          `PostgreSQL at ${closed} cannot be reached (ECONNREFUSED): start it, or correct DATABASE_URL`
        )
        assert.notInclude(message, "hunter2")
      })
    )
  }

  for (const command of ["server", "migrate"]) {
    it.live(`when PostgreSQL refuses the login: kite ${command}`, () =>
      Effect.gen(function* () {
        const wrong = database((url) => {
          url.password = "hunter2"
        })
        const message = yield* failureOf(command, {
          ...apart,
          DATABASE_URL: wrong,
          DATA_DIR: yield* temporaryDirectory
        })
        assert.include(message, 'refuses the login as "kite": correct user and password in DATABASE_URL')
        assert.notInclude(message, "hunter2")
      })
    )
  }

  it.live("when the database does not exist", () =>
    Effect.gen(function* () {
      const DATABASE_URL = database((url) => {
        url.pathname = "/nowhere"
      })
      for (const command of ["server", "migrate"]) {
        const message = yield* failureOf(command, { ...apart, DATABASE_URL })
        assert.include(message, 'has no database "nowhere": create it, or correct DATABASE_URL')
      }
      const other = yield* failureOf("migrate", {
        DATABASE_URL: inject("postgresUrl"),
        DATABASE_MIGRATE_URL: DATABASE_URL
      })
      assert.include(other, "correct DATABASE_MIGRATE_URL")
    })
  )

  for (const command of ["start", "worker"]) {
    it.live(`when the object store cannot be reached: kite ${command}`, () =>
      Effect.gen(function* () {
        const DATA_DIR = yield* temporaryDirectory
        const DATABASE_URL = command === "start" ? "" : inject("postgresUrl")
        const message = yield* failureOf(command, { ...apart, DATABASE_URL, DATA_DIR })
        assert.include(
          message,
          `The object store at ${closed} cannot be reached (ECONNREFUSED): start it, or correct OBJECT_STORE_URL`
        )
        assert.notInclude(message, "hunter2")
      })
    )
  }

  it.live("when the object store refuses the key", () =>
    Effect.gen(function* () {
      const url = new URL(Redacted.value(yield* startS3rver))
      url.username = "stranger"
      url.password = "hunter2"
      const message = yield* startFailureOf({ OBJECT_STORE_URL: url.href })
      assert.match(message, /refuses access to the bucket "[^"]+" \(\w+\): correct KEY, SECRET and bucket/)
      assert.notInclude(message, "hunter2")
    })
  )

  it.live("when the name of the bucket is wrong or taken", () =>
    Effect.gen(function* () {
      const taken = yield* startTakenBucket
      const message = yield* startFailureOf({ OBJECT_STORE_URL: taken })
      assert.include(message, 'refuses the bucket name "taken" (BucketAlreadyExists): choose another name')
    })
  )

  it.live("when OBJECT_STORE_URL names no bucket", () =>
    Effect.gen(function* () {
      const message = yield* startFailureOf({ OBJECT_STORE_URL: `http://key:hunter2@${closed}/My_Bucket` })
      assert.include(message, "OBJECT_STORE_URL must end with the name of one bucket (3 to 63 of a-z, 0-9, . and -)")
      assert.notInclude(message, "hunter2")
    })
  )

  it.live("when the data of an OCR language is missing", () =>
    Effect.gen(function* () {
      const message = yield* startFailureOf({ OCR_LANGUAGES: "eng,xyz" })
      assert.include(message, 'No OCR data for the language "xyz": correct OCR_LANGUAGES, or run npm install')
    })
  )

  it.live("when settings are wrong or missing", () =>
    Effect.gen(function* () {
      const message = yield* startFailureOf({ PORT: "many", LOG_LEVEL: "loud" })
      assert.match(message, /Wrong settings: PORT must be a whole number from 0 to 65535; LOG_LEVEL: /)
      assert.include(yield* failureOf("server", {}), "missing: DATABASE_URL, OBJECT_STORE_URL, TOKEN_SECRET")
    })
  )
})

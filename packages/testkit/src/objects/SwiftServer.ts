import { execFile, spawn } from "node:child_process"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { promisify } from "node:util"
import { Effect, Schema } from "effect"
import { temporaryDirectory } from "../processes/TemporaryDirectory.ts"

const run = promisify(execFile)
const script = join(import.meta.dirname, "swift_server.py")

/** Debian's Python: the system's packages work with no other. */
const python = "/usr/bin/python3"

/** A tenth of what S3 lists at once, because Swift is slow to store objects. */
const keysPerListing = 100

/** There is no S3 server; the message says how to get one. */
class S3Unavailable extends Schema.TaggedError<S3Unavailable>()("S3Unavailable", { message: Schema.String }) {}

const command = (name: string, args: ReadonlyArray<string>, seconds: number) =>
  Effect.tryPromise({
    try: () =>
      run(name, [...args], { timeout: seconds * 1_000, env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" } }),
    catch: (cause) => new S3Unavailable({ message: String(cause) })
  })

const present = command(python, ["-c", "import swift.proxy.server"], 30)

/** Only the library: unlike `swift-proxy` and similar packages, it starts no service. */
const install = Effect.gen(function* () {
  if (process.geteuid?.() !== 0) return yield* new S3Unavailable({ message: "not root" })
  yield* command("apt-get", ["update", "-qq"], 180)
  yield* command("apt-get", ["install", "-y", "-qq", "--no-install-recommends", "python3-swift"], 300)
  return yield* present
})

const findSwift = present.pipe(
  Effect.as("OpenStack Swift of this machine"),
  Effect.catch(() => Effect.as(install, "OpenStack Swift, installed with apt-get just now")),
  Effect.mapError(
    ({ message }) =>
      new S3Unavailable({
        message: `test:s3 needs a real S3 server and found none: set OBJECT_STORE_URL to http://KEY:SECRET@host:port/bucket (the tests create buckets kite-test-* on that server and remove them), or, on Debian, apt-get install python3-swift (${message})`
      })
  )
)

const start = Effect.gen(function* () {
  const directory = yield* temporaryDirectory
  const child = yield* Effect.acquireRelease(
    Effect.sync(() => spawn(python, [script, directory, String(keysPerListing)], { stdio: ["pipe", "pipe", "pipe"] })),
    (child) =>
      Effect.callback<void>((resume) => {
        if (child.exitCode !== null || child.signalCode !== null) return resume(Effect.void)
        child.once("exit", () => resume(Effect.void))
        child.kill("SIGKILL")
      })
  )
  return yield* Effect.callback<string, S3Unavailable>((resume) => {
    let output = ""
    child.stderr.on("data", (text) => {
      output = `${output}${text}`.slice(-4_000)
    })
    child.once("error", (cause) => resume(new S3Unavailable({ message: String(cause) })))
    child.once("exit", () => resume(new S3Unavailable({ message: `Swift exited when it started: ${output}` })))
    createInterface(child.stdout).once("line", (port) => resume(Effect.succeed(port)))
  }).pipe(
    Effect.timeoutOrElse({
      duration: "60 seconds",
      orElse: () => new S3Unavailable({ message: "Swift did not start within a minute" })
    })
  )
})

/** Starts an S3 server on loopback that ends with the scope; returns the URL of a bucket and a description. */
export const startSwift = Effect.gen(function* () {
  const source = yield* findSwift
  const port = yield* start
  return { keysPerListing, source, url: `http://kite%3Atester:kite-secret@127.0.0.1:${port}/kite` }
})

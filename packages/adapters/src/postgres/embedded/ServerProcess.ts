import { type ChildProcess, spawn } from "node:child_process"
import { close, open, read, rename, stat } from "node:fs"
import { promisify } from "node:util"
import { Effect, Schedule } from "effect"
import type { Binaries } from "./Binaries.ts"
import type { Cluster } from "./Cluster.ts"
import { EmbeddedPostgresError } from "./EmbeddedPostgresError.ts"
import { readPostmaster, stopPostmaster } from "./Postmaster.ts"

const calls = { close: promisify(close), open: promisify(open), read: promisify(read) }
const attempt = <A>(call: () => Promise<A>) => Effect.tryPromise({ try: call, catch: EmbeddedPostgresError.from })

/** A start that finds a longer log renames it to `<path>.1`, so there are never more than two. */
const maxLogBytes = 10 * 1024 * 1024

const openLog = Effect.fnUntraced(function* (path: string) {
  const sizeBytes = yield* attempt(() => promisify(stat)(path)).pipe(
    Effect.map(({ size }) => size),
    Effect.orElseSucceed(() => 0)
  )
  if (sizeBytes > maxLogBytes) yield* attempt(() => promisify(rename)(path, `${path}.1`))
  const file = yield* Effect.acquireRelease(
    attempt(() => calls.open(path, "a+", 0o600)),
    (descriptor) => Effect.ignore(attempt(() => calls.close(descriptor)))
  )
  return { file, start: sizeBytes > maxLogBytes ? 0 : sizeBytes }
})

const isEnded = (child: ChildProcess) => child.exitCode !== null || child.signalCode !== null

/** Waits for the end of the process: its exit code, or the signal that killed it. */
const exited = (child: ChildProcess) =>
  Effect.callback<string>((resume) => {
    const end = () => resume(Effect.succeed(String(child.exitCode ?? child.signalCode)))
    if (isEnded(child)) return end()
    child.once("exit", end)
    return Effect.sync(() => child.off("exit", end))
  })

const spawned = (command: string, args: ReadonlyArray<string>, user: { uid?: number; gid?: number }, log: number) =>
  Effect.callback<ChildProcess, EmbeddedPostgresError>((resume) => {
    // Detached, so that a Ctrl-C in the terminal does not stop it before kite has drained.
    const child = spawn(command, args, {
      ...user,
      cwd: "/",
      env: { LC_ALL: "C", TZ: "UTC" },
      detached: true,
      stdio: ["ignore", log, log]
    })
    child.once("spawn", () => resume(Effect.succeed(child)))
    child.on("error", (cause) => resume(Effect.fail(EmbeddedPostgresError.from(cause))))
  })

/** Runs PostgreSQL on the cluster until the scope closes; returns when it accepts connections. Fails after 30 s. */
export const startServer = Effect.fn("ServerProcess.start")(function* (
  binaries: Binaries,
  cluster: Cluster,
  settings: Readonly<Record<string, string>>
) {
  const log = yield* openLog(`${cluster.directory}.log`)
  const options = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`])
  const [command, args, user] = cluster.owner.command(binaries.postgres, ["-D", cluster.directory, ...options])
  const child = yield* Effect.acquireRelease(spawned(command, args, user, log.file), (process) =>
    stopPostmaster(
      process.pid ?? -1,
      Effect.sync(() => isEnded(process))
    )
  )
  const ready = readPostmaster(cluster.directory).pipe(
    Effect.map((postmaster) => postmaster?.pid === child.pid && postmaster?.isReady === true),
    Effect.repeat({ schedule: Schedule.spaced("10 millis"), until: (isReady) => isReady })
  )
  const ended = Effect.flatMap(exited(child), (status) =>
    Effect.flatMap(tail(log.file, log.start), (text) =>
      Effect.fail(EmbeddedPostgresError.from(`ended with ${status}: ${text}`))
    )
  )
  yield* Effect.raceFirst(ready, ended).pipe(
    Effect.timeoutOrElse({
      duration: "30 seconds",
      orElse: () =>
        Effect.fail(
          new EmbeddedPostgresError({
            reason: "timed-out",
            detail: `not ready after 30 s; see ${cluster.directory}.log`
          })
        )
    })
  )
  return { pid: child.pid ?? -1, exited: exited(child) }
})

/** The first 2,000 bytes that it wrote since the start. */
const tail = (file: number, start: number) =>
  attempt(() => calls.read(file, Buffer.alloc(2_000), 0, 2_000, start)).pipe(
    Effect.map(({ bytesRead, buffer }) => buffer.toString("utf8", 0, bytesRead).trim()),
    Effect.orElseSucceed(() => "its log cannot be read")
  )

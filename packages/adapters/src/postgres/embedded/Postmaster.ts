import { execFile } from "node:child_process"
import { readFile, rm } from "node:fs/promises"
import { platform } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"
import { Effect, Schedule } from "effect"
import { EmbeddedPostgresError } from "./EmbeddedPostgresError.ts"

const run = promisify(execFile)

/** What a running PostgreSQL writes to `postmaster.pid` (line 1: its pid, 5: its socket's directory, 8: its state). */
export const readPostmaster = (cluster: string) =>
  Effect.tryPromise(() => readFile(join(cluster, "postmaster.pid"), "utf8")).pipe(
    Effect.map((text) => {
      const lines = text.split("\n")
      return { pid: Number(lines[0]), socketDirectory: lines[4]?.trim() ?? "", isReady: lines[7]?.trim() === "ready" }
    }),
    Effect.orElseSucceed(() => undefined)
  )

const signal = (pid: number, name: NodeJS.Signals) =>
  Effect.try(() => process.kill(pid, name)).pipe(Effect.orElseSucceed(() => false))

const commandLine = (pid: number) =>
  Effect.tryPromise(() =>
    platform() === "linux"
      ? readFile(`/proc/${pid}/cmdline`, "utf8")
      : run("ps", ["-ww", "-o", "command=", "-p", String(pid)], { timeout: 5_000 }).then(({ stdout }) => stdout)
  ).pipe(Effect.orElseSucceed(() => ""))

const awaitEnd = (pid: number, ended: Effect.Effect<boolean>) =>
  ended.pipe(
    Effect.repeat({ schedule: Schedule.spaced("20 millis"), until: (end) => end }),
    Effect.timeout("10 seconds"),
    Effect.as(true),
    Effect.orElseSucceed(() => false),
    Effect.withSpan("Postmaster.awaitEnd", { attributes: { pid } })
  )

/**
 * Stops PostgreSQL within 30 s: SIGINT ends all transactions and writes a checkpoint ("fast"); then SIGQUIT, after which the
 * next start recovers; then SIGKILL.
 */
export const stopPostmaster = Effect.fnUntraced(function* (pid: number, ended: Effect.Effect<boolean>) {
  for (const name of ["SIGINT", "SIGQUIT", "SIGKILL"] as const) {
    if (yield* ended) return
    yield* signal(pid, name)
    if (yield* awaitEnd(pid, ended)) return
    yield* Effect.logWarning(`PostgreSQL ${pid} did not end on ${name}`)
  }
})

/**
 * Stops the PostgreSQL that a killed kite left behind. The caller holds the cluster's lock, so nobody uses it. If the pid now
 * belongs to another program, that one is left alone, but the file goes, because PostgreSQL would trust it.
 */
export const stopOrphan = Effect.fnUntraced(function* (cluster: string) {
  const postmaster = yield* readPostmaster(cluster)
  if (postmaster === undefined) return
  // Empty for a process that has ended, also for a zombie.
  const isGone = Effect.map(commandLine(postmaster.pid), (line) => !line.includes(cluster))
  if (!(yield* isGone)) {
    yield* Effect.logWarning(`Stopping the PostgreSQL that an earlier kite left behind (pid ${postmaster.pid})`)
    return yield* stopPostmaster(postmaster.pid, isGone)
  }
  yield* Effect.tryPromise({
    try: () => rm(join(cluster, "postmaster.pid"), { force: true }),
    catch: EmbeddedPostgresError.from
  })
})

import { execFile } from "node:child_process"
import { readFile, rm } from "node:fs/promises"
import { platform } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"
import { Effect, Schedule } from "effect"
import { EmbeddedPostgresError } from "./EmbeddedPostgresError.ts"

const run = promisify(execFile)

/** What a running PostgreSQL says of itself in `postmaster.pid` (line 1: its pid, 5: where its socket is, 8: its state). */
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
 * Ends PostgreSQL within 30 s: SIGINT rolls back what runs, writes a checkpoint and quits ("fast"); then SIGQUIT, which leaves
 * recovery to the next start; at last SIGKILL.
 */
export const stopPostmaster = Effect.fnUntraced(function* (pid: number, ended: Effect.Effect<boolean>) {
  for (const name of ["SIGINT", "SIGQUIT", "SIGKILL"] as const) {
    if (yield* ended) return
    yield* signal(pid, name)
    if (yield* awaitEnd(pid, ended)) return
    yield* Effect.logWarning(`PostgreSQL ${pid} did not end upon ${name}`)
  }
})

/**
 * Ends the PostgreSQL that a killed kite left behind on the cluster. The caller holds the cluster's lock, so that nobody
 * uses it. A pid that meanwhile belongs to a stranger is not touched, but its file goes, because PostgreSQL would believe it.
 */
export const stopOrphan = Effect.fnUntraced(function* (cluster: string) {
  const postmaster = yield* readPostmaster(cluster)
  if (postmaster === undefined) return
  // Empty for a process that is gone, and for one that is dead but was never waited for.
  const isGone = Effect.map(commandLine(postmaster.pid), (line) => !line.includes(cluster))
  if (!(yield* isGone)) {
    yield* Effect.logWarning(`stopping the PostgreSQL that was left behind (pid ${postmaster.pid})`)
    return yield* stopPostmaster(postmaster.pid, isGone)
  }
  yield* Effect.tryPromise({
    try: () => rm(join(cluster, "postmaster.pid"), { force: true }),
    catch: EmbeddedPostgresError.from
  })
})

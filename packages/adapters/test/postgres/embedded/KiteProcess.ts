import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import { Effect } from "effect"

const program = fileURLToPath(new URL("./kite.ts", import.meta.url))

/** A process that runs PostgreSQL on the data directory (kite.ts), in its own process group. */
export const startKite = Effect.fnUntraced(function* (dataDir: string) {
  const child = yield* Effect.acquireRelease(
    Effect.sync(() =>
      spawn(process.execPath, [program, dataDir], { detached: true, stdio: ["ignore", "pipe", "inherit"] })
    ),
    (process) => end(process, () => process.kill("SIGTERM"))
  )
  let printed = ""
  const ready = new Promise<string>((resolve, reject) => {
    child.stdout.on("data", (chunk) => {
      printed += chunk
      const url = /ready (\S+)/.exec(printed)?.[1]
      if (url !== undefined) resolve(url)
    })
    child.once("exit", () => reject(new Error(`kite ended before it was ready: ${printed}`)))
  })
  const url = yield* Effect.promise(() => ready)
  return {
    url,
    kill: end(child, () => child.kill("SIGKILL")),
    /** Signals every process of the group, as Ctrl-C does, and returns what kite printed. */
    interrupt: end(child, () => process.kill(-(child.pid ?? 0), "SIGINT")).pipe(Effect.map(() => printed))
  }
})

const end = (child: ChildProcess, signal: () => boolean) =>
  Effect.promise(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const exit = once(child, "close")
    signal()
    await exit
  })

import { type ChildProcess, spawn } from "node:child_process"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { Effect } from "effect"

const main = fileURLToPath(new URL("../../packages/cli/src/main.ts", import.meta.url))
const ready = /API (http:\/\/[^/]+)\/api/

/** A whole kite in a process of its own, as `kite start` runs it. */
interface KiteProcess {
  readonly url: string
  readonly process: ChildProcess
  /** Every line it wrote to stdout so far. */
  readonly lines: ReadonlyArray<string>
  /** Sends the signal and waits for the end; answers the exit code, null where a signal ended it. */
  readonly end: (signal: NodeJS.Signals) => Effect.Effect<number | null>
}

const ended = (child: ChildProcess) =>
  Effect.callback<number | null>((resume) => {
    if (child.exitCode !== null || child.signalCode !== null) return resume(Effect.succeed(child.exitCode))
    child.once("exit", (code) => resume(Effect.succeed(code)))
  })

/** Starts kite on a free port with these variables; ended with the scope, unless it ended before. Its tests may ask often. */
export const startKite = Effect.fnUntraced(function* (variables: Readonly<Record<string, string>>) {
  const lines: Array<string> = []
  const child = yield* Effect.acquireRelease(
    Effect.sync(() =>
      spawn(process.execPath, [main, "start"], {
        env: {
          PATH: process.env["PATH"],
          PORT: "0",
          LOG_FORMAT: "json",
          RATE_LIMIT_ACCOUNT: "100000/1m",
          ...variables
        },
        stdio: ["ignore", "pipe", "inherit"]
      })
    ),
    (child) => {
      child.kill("SIGTERM")
      return Effect.timeoutOrElse(ended(child), {
        duration: "20 seconds",
        orElse: () => Effect.sync(() => child.kill("SIGKILL"))
      })
    }
  )
  const url = yield* Effect.callback<string>((resume) => {
    createInterface({ input: child.stdout }).on("line", (line) => {
      lines.push(line)
      const [, found] = ready.exec(line) ?? []
      if (found !== undefined) resume(Effect.succeed(found))
    })
    child.once("exit", (code) => resume(Effect.die(new Error(`kite ended with ${code}: ${lines.join("\n")}`))))
  }).pipe(Effect.timeout("60 seconds"), Effect.orDie)
  const end = (signal: NodeJS.Signals) =>
    Effect.andThen(
      Effect.sync(() => child.kill(signal)),
      ended(child)
    )
  return { url, process: child, lines, end } satisfies KiteProcess
})

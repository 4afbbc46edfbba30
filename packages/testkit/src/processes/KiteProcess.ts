import { type ChildProcess, execFile, spawn } from "node:child_process"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { Effect } from "effect"

const main = fileURLToPath(new URL("../../../cli/src/main.ts", import.meta.url))
const ready = /API (http:\/\/[^/]+)\/api/

const ended = (child: ChildProcess) =>
  Effect.callback<number | null>((resume) => {
    if (child.exitCode !== null || child.signalCode !== null) return resume(Effect.succeed(child.exitCode))
    child.once("exit", (code) => resume(Effect.succeed(code)))
  })

/** Its tests register accounts, and may send many requests. */
const environment = (variables: Readonly<Record<string, string>>) => ({
  PATH: process.env["PATH"],
  PORT: "0",
  LOG_FORMAT: "json",
  REGISTRATION: "open",
  RATE_LIMIT_ACCOUNT: "100000/1m",
  ...variables
})

const spawned = (command: string, variables: Readonly<Record<string, string>>) =>
  spawn(process.execPath, [main, command], { env: environment(variables), stdio: ["ignore", "pipe", "inherit"] })

/**
 * Runs a command of kite in its own process, on a free port with these variables and a high rate limit. It ends with the scope
 * at the latest.
 */
export const spawnKite = Effect.fnUntraced(function* (command: string, variables: Readonly<Record<string, string>>) {
  const child = yield* Effect.acquireRelease(
    Effect.sync(() => spawned(command, variables)),
    (child) => {
      child.kill("SIGTERM")
      return Effect.timeoutOrElse(ended(child), {
        duration: "20 seconds",
        orElse: () => Effect.sync(() => child.kill("SIGKILL"))
      })
    }
  )
  const lines: Array<string> = []
  const reader = createInterface({ input: child.stdout }).on("line", (line) => lines.push(line))

  return {
    process: child,
    /** All lines of its stdout so far. */
    lines: lines as ReadonlyArray<string>,
    /** The first line that matches, now or within a minute. */
    lineLike: (pattern: RegExp) =>
      Effect.callback<RegExpExecArray>((resume) => {
        const look = (line: string) => {
          const match = pattern.exec(line)
          if (match !== null) resume(Effect.succeed(match))
        }
        lines.forEach(look)
        reader.on("line", look)
        child.once("exit", (code) => resume(Effect.die(new Error(`kite ended with ${code}: ${lines.join("\n")}`))))
        return Effect.sync(() => reader.off("line", look))
      }).pipe(Effect.timeout("60 seconds"), Effect.orDie),
    ended: ended(child),
    /** Sends the signal, waits for the end and returns the exit code, null if a signal ended it. */
    end: (signal: NodeJS.Signals) =>
      Effect.andThen(
        Effect.sync(() => child.kill(signal)),
        ended(child)
      )
  }
})

/** Runs `kite start` and waits until it is ready. */
export const startKite = Effect.fnUntraced(function* (variables: Readonly<Record<string, string>>) {
  const kite = yield* spawnKite("start", variables)
  const [, url = ""] = yield* kite.lineLike(ready)
  return { ...kite, url }
})

/** How a command of kite ended; `code` is null if it ran into the time limit and was killed. */
export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs a command of kite to its end, for at most so many seconds. */
export const runKite = (args: ReadonlyArray<string>, variables: Readonly<Record<string, string>>, seconds = 25) =>
  Effect.callback<Ended>((resume) => {
    const options = { env: environment(variables), timeout: seconds * 1_000, killSignal: "SIGKILL" } as const
    const child = execFile(process.execPath, [main, ...args], options, (_error, stdout, stderr) =>
      resume(Effect.succeed({ code: child.exitCode, stdout, stderr }))
    )
    return Effect.sync(() => child.kill("SIGKILL"))
  })

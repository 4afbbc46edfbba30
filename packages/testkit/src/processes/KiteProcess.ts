import { type ChildProcess, spawn } from "node:child_process"
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
const defaults = { PORT: "0", LOG_FORMAT: "json", REGISTRATION: "open", RATE_LIMIT_ACCOUNT: "100000/1m" }

const spawned = (command: string, variables: Readonly<Record<string, string>>) =>
  spawn(process.execPath, [main, command], {
    env: { ...defaults, PATH: process.env["PATH"], ...variables },
    stdio: ["ignore", "pipe", "inherit"]
  })

/**
 * A command of kite in a process of its own, on a free port with these variables; ended with the scope, unless it ended
 * before. Its tests may ask often.
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
    /** Every line it wrote to stdout so far. */
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
    /** Sends the signal and waits for the end; answers the exit code, null where a signal ended it. */
    end: (signal: NodeJS.Signals) =>
      Effect.andThen(
        Effect.sync(() => child.kill(signal)),
        ended(child)
      )
  }
})

/** A whole kite, as `kite start` runs it, ready. */
export const startKite = Effect.fnUntraced(function* (variables: Readonly<Record<string, string>>) {
  const kite = yield* spawnKite("start", variables)
  const [, url = ""] = yield* kite.lineLike(ready)
  return { ...kite, url }
})

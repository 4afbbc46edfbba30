import { execFile } from "node:child_process"
import { fileURLToPath } from "node:url"
import { Effect } from "effect"

const main = fileURLToPath(new URL("../../src/main.ts", import.meta.url))

interface Ended {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** Runs a command of kite with these variables. */
export const kite = (variables: Readonly<Record<string, string>>, ...args: ReadonlyArray<string>) =>
  Effect.callback<Ended>((resume) => {
    const env = { PATH: process.env["PATH"], ...variables }
    const child = execFile(process.execPath, [main, ...args], { env }, (error, out, err) =>
      resume(Effect.succeed({ code: error === null ? 0 : Number(error.code), out, err }))
    )
    return Effect.sync(() => child.kill("SIGKILL"))
  }).pipe(Effect.timeout("60 seconds"))

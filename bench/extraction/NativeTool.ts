import { execFile } from "node:child_process"
import { Effect } from "effect"

/** A program that kite is compared with is not installed. */
class ToolMissing extends Error {
  override readonly name = "ToolMissing"
  constructor(command: string, debianPackage: string) {
    super(`${command} is not installed; on Debian: apt-get install -y ${debianPackage}`)
  }
}

/** Runs the program and returns its output; fails after five minutes. */
export const run = (command: string, args: ReadonlyArray<string>): Effect.Effect<string, Error> =>
  Effect.callback((resume) => {
    // One thread, as in kite: more make tesseract slower on few cores.
    const options = { env: { ...process.env, OMP_THREAD_LIMIT: "1" }, maxBuffer: 64 * 1024 * 1024, timeout: 300_000 }
    const child = execFile(command, args, options, (error, stdout) =>
      resume(error === null ? Effect.succeed(stdout) : Effect.fail(error))
    )
    return Effect.sync(() => child.kill("SIGKILL"))
  })

/** Fails if the program is missing; the error says how to install it. */
export const requireTool = (command: string, versionFlag: string, debianPackage: string) =>
  run(command, [versionFlag]).pipe(Effect.mapError(() => new ToolMissing(command, debianPackage)))

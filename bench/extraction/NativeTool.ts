import { execFile } from "node:child_process"
import { Effect } from "effect"

/** A program of the system that kite is compared with is not there. */
class ToolMissing extends Error {
  override readonly name = "ToolMissing"
  constructor(command: string, debianPackage: string) {
    super(`${command} is not installed; on Debian: apt-get install -y ${debianPackage}`)
  }
}

/** Runs the program to its end and answers what it wrote; bounded at five minutes. */
export const run = (command: string, args: ReadonlyArray<string>): Effect.Effect<string, Error> =>
  Effect.callback((resume) => {
    // Tesseract's own threads make it slower on few cores, not faster: one, as kite has one.
    const options = { env: { ...process.env, OMP_THREAD_LIMIT: "1" }, maxBuffer: 64 * 1024 * 1024, timeout: 300_000 }
    const child = execFile(command, args, options, (error, stdout) =>
      resume(error === null ? Effect.succeed(stdout) : Effect.fail(error))
    )
    return Effect.sync(() => child.kill("SIGKILL"))
  })

/** Fails with the way to get it when the program is missing. */
export const demand = (command: string, versionFlag: string, debianPackage: string) =>
  run(command, [versionFlag]).pipe(Effect.mapError(() => new ToolMissing(command, debianPackage)))

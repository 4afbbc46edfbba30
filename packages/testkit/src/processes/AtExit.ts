import { Effect } from "effect"

/**
 * Runs when the process exits with the scope still open: vitest tears down after a Ctrl-C, but not when a time-out of the
 * machine that runs the tests terminates it. Whatever fails then had not started yet.
 */
export const atExit = (run: () => void) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const attempt = () => {
        try {
          run()
        } catch {
          // Exiting is all that is left to do.
        }
      }
      process.on("exit", attempt)
      return attempt
    }),
    (attempt) => Effect.sync(() => process.off("exit", attempt))
  )

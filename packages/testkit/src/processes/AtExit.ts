import { Effect } from "effect"

/**
 * Runs if the process exits while the scope is open: vitest cleans up after Ctrl-C, but not when a time-out of CI terminates it.
 * Errors are ignored, because what `run` stops may not have started yet.
 */
export const atExit = (run: () => void) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const attempt = () => {
        try {
          run()
        } catch {
          // The process exits anyway.
        }
      }
      process.on("exit", attempt)
      return attempt
    }),
    (attempt) => Effect.sync(() => process.off("exit", attempt))
  )

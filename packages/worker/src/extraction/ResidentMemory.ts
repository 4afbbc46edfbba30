import { readFile } from "node:fs/promises"
import { Effect } from "effect"

/**
 * Resident bytes of a process, ArrayBuffers and WASM memory included, by Linux' `/proc`. 0 when the process is gone or the
 * system has no `/proc`: there the heap limit alone holds.
 */
export const residentBytes = (pid: number): Effect.Effect<number> =>
  Effect.tryPromise(() => readFile(`/proc/${pid}/status`, "utf8")).pipe(
    Effect.map((status) => Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024),
    Effect.orElseSucceed(() => 0)
  )

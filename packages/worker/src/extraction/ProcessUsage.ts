import { readFile } from "node:fs/promises"
import { Effect } from "effect"

const read = (pid: number, name: string) => Effect.tryPromise(() => readFile(`/proc/${pid}/${name}`, "utf8"))

/**
 * Resident bytes of a process, ArrayBuffers and WASM memory included, by Linux' `/proc`. 0 when the process is gone or the
 * system has no `/proc`: there the heap limit alone holds.
 */
export const residentBytes = (pid: number): Effect.Effect<number> =>
  read(pid, "status").pipe(
    Effect.map((status) => Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024),
    Effect.orElseSucceed(() => 0)
  )

/** Linux counts CPU time for programs in hundredths of a second, whatever its own clock is (time(7), USER_HZ). */
const tickMillis = 10

/** CPU time of a process and all its threads, in milliseconds. 0 as above: there the time of the job alone holds. */
export const cpuMillis = (pid: number): Effect.Effect<number> =>
  read(pid, "stat").pipe(
    Effect.map((stat) => {
      // utime and stime, the 14th and 15th field (proc_pid_stat(5)); the second, in brackets, may hold spaces.
      const fields = stat.slice(stat.lastIndexOf(") ") + 2).split(" ")
      return (Number(fields[11]) + Number(fields[12])) * tickMillis
    }),
    Effect.orElseSucceed(() => 0)
  )

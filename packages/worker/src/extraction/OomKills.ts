import { readFile } from "node:fs/promises"
import { Effect } from "effect"

const readText = (path: string) => Effect.tryPromise(() => readFile(path, "utf8"))

/** Where the kernel counts the processes that it killed for memory: of this cgroup, v2 or v1, else of the machine. */
const counters = Effect.gen(function* () {
  const cgroups = yield* readText("/proc/self/cgroup")
  const v2 = /^0::(.*)$/m.exec(cgroups)?.[1] ?? ""
  const v1 = /^\d+:(?:\w+,)*memory(?:,\w+)*:(.*)$/m.exec(cgroups)?.[1] ?? ""
  // In a container the cgroup's own folder is mounted in place of the whole tree.
  return [
    `/sys/fs/cgroup${v2}/memory.events`,
    "/sys/fs/cgroup/memory.events",
    `/sys/fs/cgroup/memory${v1}/memory.oom_control`,
    "/sys/fs/cgroup/memory/memory.oom_control",
    "/proc/vmstat"
  ]
})

/** How many processes of this cgroup the kernel has killed for memory so far; 0 where nobody counts them. */
export const oomKills: Effect.Effect<number> = counters.pipe(
  Effect.flatMap((paths) => Effect.firstSuccessOf(paths.map(readText))),
  Effect.map((text) => Number(/^oom_kill (\d+)$/m.exec(text)?.[1] ?? 0)),
  Effect.orElseSucceed(() => 0)
)

import { existsSync, readdirSync, readFileSync } from "node:fs"

/** Ids of the direct children of a process (Linux). */
export const childrenOf = (pid: number): ReadonlyArray<number> =>
  readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, "utf8").trim().split(" ").filter(Boolean).map(Number)
  )

/** Ids of the children of a process, their children and so on (Linux). */
export const descendantsOf = (pid: number): ReadonlyArray<number> =>
  childrenOf(pid).flatMap((child) => [child, ...descendantsOf(child)])

/** Whether the process runs; a zombie does not. */
export const isRunning = (pid: number): boolean => {
  try {
    if (existsSync("/proc/self")) return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, "utf8"))
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/** CPU time that a process has used, in ticks of 10 ms (Linux' `/proc`, proc(5)). */
export const cpuTicks = (pid: number) => {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? []
  return Number(fields[11]) + Number(fields[12])
}

import { existsSync, readFileSync } from "node:fs"

/** Whether the process runs; one that is dead but that nobody has waited for does not. */
export const isRunning = (pid: number): boolean => {
  if (existsSync("/proc/self")) return existsSync(`/proc/${pid}`) && readFileSync(`/proc/${pid}/cmdline`).length > 0
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

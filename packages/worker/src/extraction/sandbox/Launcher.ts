import { readFileSync, writeFileSync } from "node:fs"
import { architecture, numbers, systemCall } from "./Kernel.ts"
import { landlockVersion, restrictTo } from "./Landlock.ts"
import type { Launch } from "./Launch.ts"
import { dieWithParent, dropPrivileges } from "./Privileges.ts"
import { filterCalls } from "./Seccomp.ts"

/** Where node's channel to the parent is: after the three standard streams. */
const channel = 3
const setDescriptorFlags = 2

/** The program itself, its libraries and their loader: what the kernel maps to run it. */
const mapped = () =>
  Array.from(new Set(readFileSync("/proc/self/maps", "utf8").match(/\/.*$/gm))).filter(
    (path) => !/ \(deleted\)$/.test(path)
  )

/** When memory ends, the kernel kills this process before the parent and the database, if it may be told. */
const becomeFirstVictim = () => {
  try {
    writeFileSync("/proc/self/oom_score_adj", "1000")
  } catch {
    // A /proc that is read-only: the child's share of the memory still holds.
  }
}

/** Confines this process as far as the system can, and says what it cannot. */
const confine = ({ reads, parent }: Launch): ReadonlyArray<string> => {
  const machine = architecture()
  if (machine === undefined) return ["landlock", "seccomp", "user"]
  const execute = mapped()
  becomeFirstVictim()
  const missing: Array<string> = []
  if (!dropPrivileges(machine, [...reads, process.execPath])) missing.push("user")
  const version = landlockVersion()
  if (version === 0 || !restrictTo(version, { read: reads, execute, write: ["/dev/null"] })) missing.push("landlock")
  systemCall(numbers[machine].fcntl, channel, setDescriptorFlags, 0)
  if (!dieWithParent(machine, parent)) process.exit()
  if (!filterCalls(machine, process.pid)) missing.push("seccomp")
  return missing
}

// Written by the parent, which is this same program: nothing to check, and checking would load Effect twice a child.
const launch: Launch = JSON.parse(process.argv[2] ?? "")
const missing = confine(launch)
process.execve?.(
  process.execPath,
  [process.execPath, ...launch.flags, launch.program, launch.argument, JSON.stringify(missing)],
  { NODE_CHANNEL_FD: `${channel}`, NODE_CHANNEL_SERIALIZATION_MODE: "json" }
)

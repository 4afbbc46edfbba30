import { closeSync, openSync } from "node:fs"
import { type Architecture, numbers, systemCall } from "./Kernel.ts"

/** The user and group that root becomes: reserved, without a name, and not `nobody`, who may run other programs. */
export const unprivilegedUser = 65_533

// Options of prctl(2).
const setParentDeathSignal = 1
const dropFromBounds = 24
const setNoNewPrivileges = 38
const ambient = 47
const clearAmbient = 4

const newNetwork = 0x40000000
const newIpc = 0x08000000
const coreLimit = 4
const sigkill = 9

/** What is not there is no obstacle. */
const canOpen = (path: string) => {
  try {
    closeSync(openSync(path, "r"))
    return true
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "ENOENT"
  }
}

/** Whether that user may enter these places: it may not where kite lies in a folder that is root's alone. */
const isOpenTo = (user: number, paths: ReadonlyArray<string>) => {
  process.seteuid?.(user)
  const open = paths.every(canOpen)
  process.seteuid?.(0)
  return open
}

/** From root to a user without a name, groups, capabilities, network or System V objects; false when root it stays. */
const leaveRoot = (machine: Architecture, paths: ReadonlyArray<string>) => {
  const { prctl, unshare } = numbers[machine]
  // A filter refuses sockets anyway, so that it is no loss where the kernel forbids this.
  systemCall(unshare, newNetwork | newIpc)
  for (let capability = 0; systemCall(prctl, dropFromBounds, capability) === 0; capability++);
  try {
    if (!isOpenTo(unprivilegedUser, paths)) return false
    process.setgroups?.([])
    process.setgid?.(unprivilegedUser)
    process.setuid?.(unprivilegedUser)
    return true
  } catch {
    return false
  }
}

/**
 * Gives up what this process may do as a user, for itself and whatever it executes; `paths` are what it must still read.
 * False when it stays root, which then is root without a capability.
 */
export const dropPrivileges = (machine: Architecture, paths: ReadonlyArray<string>): boolean => {
  const { prctl, capset, prlimit64 } = numbers[machine]
  const ordinary = process.getuid?.() !== 0 || leaveRoot(machine, paths)
  systemCall(prctl, ambient, clearAmbient, 0, 0, 0)
  const version3 = Buffer.from(new Uint32Array([0x20080522, 0]).buffer)
  systemCall(capset, version3, Buffer.alloc(24))
  systemCall(prctl, setNoNewPrivileges, 1, 0, 0, 0)
  // A core dump would be a copy of the document.
  systemCall(prlimit64, 0, coreLimit, Buffer.alloc(16), 0)
  return ordinary
}

/** Ends this process with its parent, also in the middle of a page; false when the parent has gone already. */
export const dieWithParent = (machine: Architecture, parent: number): boolean => {
  systemCall(numbers[machine].prctl, setParentDeathSignal, sigkill)
  return process.ppid === parent
}

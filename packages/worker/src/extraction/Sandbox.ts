import { type ChildProcess, fork } from "node:child_process"
import { isBuiltin } from "node:module"
import { fileURLToPath } from "node:url"
import { Effect } from "effect"
import type { Missing } from "./ChildProtocol.ts"
import { childReads } from "./sandbox/ChildReads.ts"
import type { Launch } from "./sandbox/Launch.ts"

/** A program that is to run confined, its only argument, and which files and folders it reads besides kite's own. */
export interface Confined {
  readonly program: string
  readonly argument: string
  readonly heapBytes: number
  readonly reads: ReadonlyArray<string>
}

const consequences: Readonly<Record<Missing[number], string>> = {
  launcher:
    "this system has no Landlock and seccomp that kite can use, so that only Node's permission model confines it",
  landlock:
    "the kernel has no Landlock, so that native code can read what its user can, kite's own environment included",
  seccomp: "the kernel takes no filter of system calls, so that native code can open sockets and start programs",
  user: "it cannot become another user than root (or kite lies where that user cannot read): it is root without capabilities"
}

/**
 * Says in the log what a document that takes over the code that reads it could do here: once, since every child lacks the
 * same.
 */
export const warnOfMissing = () => {
  let isSaid = false
  return Effect.fnUntraced(function* (missing: Missing) {
    if (missing.length === 0 || isSaid) return
    isSaid = true
    const parts = missing.map((part) => consequences[part]).join("; ")
    yield* Effect.logWarning(`the sandbox of the extraction child is incomplete: ${parts}`).pipe(
      Effect.annotateLogs({ event: "sandbox_incomplete", missing })
    )
  })
}

const launcher = fileURLToPath(new URL("./sandbox/Launcher.ts", import.meta.url))

/** Whether the launcher can run: it calls the kernel by node:ffi, which comes with Node 26.1. */
const hasLauncher = process.platform === "linux" && isBuiltin("node:ffi")

/** Node's own confinement, inside the kernel's: no writing, no network, no processes, no threads. */
export const permissionFlags = (reads: ReadonlyArray<string>) => [
  "--disable-warning=SecurityWarning",
  "--permission",
  "--allow-addons",
  ...reads.map((path) => `--allow-fs-read=${path}`)
]

/**
 * Forks the program so that it has nothing of this process but a channel, standard input and standard error: no environment,
 * no flags, and of the files what it needs. Where the system lets it, the launcher confines the process first.
 */
export const forkConfined = (
  { program, argument, heapBytes, reads }: Confined,
  permissions: (reads: ReadonlyArray<string>) => ReadonlyArray<string> = permissionFlags
): ChildProcess => {
  const ours = [program, ...childReads.program, ...childReads.packages, ...reads]
  // OpenSSL would read the system's settings, and stop where it may not.
  const flags = [
    `--max-old-space-size=${Math.floor(heapBytes / 1024 / 1024)}`,
    "--openssl-config=/dev/null",
    ...permissions(ours)
  ]
  const options = { env: {}, cwd: "/", stdio: ["pipe", "ignore", "pipe", "ipc"] as Array<"pipe" | "ignore" | "ipc"> }
  if (!hasLauncher) {
    return fork(program, [argument, JSON.stringify(["launcher"])], { ...options, execArgv: [...flags] })
  }
  const launch: Launch = { program, argument, flags, reads: [...ours, ...childReads.system], parent: process.pid }
  return fork(launcher, [JSON.stringify(launch)], { ...options, execArgv: ["--disable-warning=ExperimentalWarning"] })
}

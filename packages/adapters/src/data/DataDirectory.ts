import { randomUUID } from "node:crypto"
import { existsSync } from "node:fs"
import { mkdir, rm, stat, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import { Effect, Schema } from "effect"

/** DATA_DIR cannot be used; `message` says in one line why and what to do. */
export class DataDirectoryError extends Schema.TaggedError<DataDirectoryError>()("DataDirectoryError", {
  message: Schema.String
}) {}

const codeOf = (cause: unknown) =>
  cause instanceof Error && "code" in cause && typeof cause.code === "string" ? cause.code : "unknown error"

const ifNot =
  (...codes: ReadonlyArray<string>) =>
  (error: unknown) => {
    if (!codes.includes(codeOf(error))) throw error
  }

/**
 * Creates a directory and the missing ones above it. Not with mkdir's own `recursive`: that one never returns where mkdir
 * fails with ENOENT although the parent exists, as below /proc (libuv retries for ever).
 */
export const createDirectory = async (path: string, mode = 0o700): Promise<void> => {
  const parent = dirname(path)
  if (!existsSync(parent) && parent !== path) await createDirectory(parent, mode)
  await mkdir(path, { mode }).catch(ifNot("EEXIST"))
  if (!(await stat(path)).isDirectory()) throw Object.assign(new Error(`${path} is a file`), { code: "ENOTDIR" })
}

const reasons: Readonly<Record<string, string>> = {
  ENOTDIR: "is not a directory: choose another one",
  EACCES: "is not writable for this user: change its owner or choose another one",
  EPERM: "is not writable for this user: change its owner or choose another one",
  EROFS: "is on a read-only file system: choose another one",
  ENOENT: "cannot be created: choose another one",
  ENOSPC: "is on a full disk: free some space or choose another one",
  EDQUOT: "is on a full disk: free some space or choose another one"
}

/** What is wrong with the directory of DATA_DIR, by the system's error. */
export const dataDirectoryError = (path: string, cause: unknown) =>
  new DataDirectoryError({
    message: `DATA_DIR ${path} ${reasons[codeOf(cause)] ?? `cannot be used (${codeOf(cause)}): choose another one`}`
  })

/** Creates the directory of DATA_DIR if it is missing, and proves that this user can write there. */
export const openDataDirectory = Effect.fn("DataDirectory.open")((path: string, mode: number) =>
  Effect.tryPromise({
    try: async () => {
      await createDirectory(path, mode)
      const probe = join(path, `.kite-${randomUUID()}`)
      await writeFile(probe, "kite", { mode: 0o600, flag: "wx" }).finally(() => rm(probe, { force: true }))
    },
    catch: (cause) => dataDirectoryError(path, cause)
  })
)

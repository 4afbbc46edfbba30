import { closeSync, openSync, statSync } from "node:fs"
import { systemCall } from "./Kernel.ts"

// Landlock's calls have the same numbers on every architecture (landlock(7)).
const createRuleset = 444
const addRule = 445
const restrictSelf = 446

const versionFlag = 1
const pathBeneath = 1
/** O_PATH | O_CLOEXEC: a name, not the right to read. */
const asPath = 0o10000000 | 0o2000000

const execute = 1n << 0n
const writeFile = 1n << 1n
const readFile = 1n << 2n
const readFolder = 1n << 3n

/** Rights over files, TCP ports and what lies outside the domain, as each version of Landlock knows them. */
const handled = (version: number) => ({
  files: (1n << (version >= 5 ? 16n : version >= 3 ? 15n : version >= 2 ? 14n : 13n)) - 1n,
  ports: version >= 4 ? 0b11n : 0n,
  scopes: version >= 6 ? 0b11n : 0n
})

/** Files and folders; a folder stands for all that is below it. */
export interface Reach {
  readonly read: ReadonlyArray<string>
  readonly execute: ReadonlyArray<string>
  readonly write: ReadonlyArray<string>
}

const kindOf = (path: string) => {
  try {
    return statSync(path).isDirectory() ? "folder" : "file"
  } catch {
    return undefined
  }
}

const allow = (ruleset: number, path: string, access: bigint) => {
  const kind = kindOf(path)
  // What is not there needs no rule.
  if (kind === undefined) return true
  const file = openSync(path, asPath)
  const rule = Buffer.alloc(12)
  rule.writeBigUInt64LE(kind === "folder" ? access : access & ~readFolder, 0)
  rule.writeInt32LE(file, 8)
  const result = systemCall(addRule, ruleset, pathBeneath, rule, 0)
  closeSync(file)
  return result === 0
}

/** The version of Landlock, 0 where the kernel has none or it is switched off. */
export const landlockVersion = () => Math.max(0, systemCall(createRuleset, 0, 0, versionFlag))

/**
 * From here on, this thread and whatever it executes reach these files and nothing else: no TCP port, and from version 6 no
 * signal to a process outside. Needs no_new_privs. Source: landlock(7). False when the kernel refuses.
 */
export const restrictTo = (version: number, { read, execute: run, write }: Reach): boolean => {
  const { files, ports, scopes } = handled(version)
  const attributes = Buffer.alloc(24)
  attributes.writeBigUInt64LE(files, 0)
  attributes.writeBigUInt64LE(ports, 8)
  attributes.writeBigUInt64LE(scopes, 16)
  const ruleset = systemCall(createRuleset, attributes, version >= 6 ? 24 : version >= 4 ? 16 : 8, 0)
  if (ruleset < 0) return false
  const rules: ReadonlyArray<readonly [ReadonlyArray<string>, bigint]> = [
    [read, readFile | readFolder],
    [run, readFile | execute],
    [write, readFile | writeFile]
  ]
  const added = rules.every(([paths, access]) => paths.every((path) => allow(ruleset, path, access)))
  return added && systemCall(restrictSelf, ruleset, 0) === 0
}

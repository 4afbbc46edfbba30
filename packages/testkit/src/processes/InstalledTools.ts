import { execFile } from "node:child_process"
import { createHash } from "node:crypto"
import { existsSync } from "node:fs"
import { mkdir, rm, writeFile } from "node:fs/promises"
import { homedir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"

const run = promisify(execFile)

/** Limits in ms. */
const patience = { venv: 60_000, install: 300_000 }

/** Too large to be dependencies of kite: a folder for each set of packages, which later runs find again. */
const cache = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "kite-tools")

/** A folder of programs, or why there is none. */
export type InstalledTools = { readonly bin: string; readonly folder: string } | { readonly missing: string }

/** Never fails: a machine may lack the installer or its registry. A file marks the end, because an installation may be cut off. */
const install = async (
  packages: ReadonlyArray<string>,
  bin: string,
  into: (folder: string) => Promise<unknown>
): Promise<InstalledTools> => {
  const folder = join(cache, createHash("sha256").update(packages.join()).digest("hex").slice(0, 16))
  const tools = { bin: join(folder, bin), folder }
  const complete = join(folder, "complete")
  if (existsSync(complete)) return tools
  try {
    await rm(folder, { recursive: true, force: true })
    await mkdir(folder, { recursive: true, mode: 0o700 })
    await into(folder)
    await writeFile(complete, packages.join("\n"))
    return tools
  } catch (cause) {
    const lines = String(cause instanceof Error ? cause.message : cause).trim()
    return { missing: `${packages[0]} and others cannot be installed: ${lines.split("\n").at(-1)}` }
  }
}

/** Packages of npm (`name@version`), without their scripts. */
export const npmTools = (packages: ReadonlyArray<string>) =>
  install(packages, "node_modules/.bin", async (cwd) => {
    await writeFile(join(cwd, "package.json"), "{}")
    const options = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-save", "--loglevel=error"]
    await run("npm", ["install", ...options, ...packages], { timeout: patience.install, cwd })
  })

/** Packages of PyPI (`name==version`) in a virtual environment. Only wheels are installed, so that nothing is built. */
export const pythonTools = (packages: ReadonlyArray<string>) =>
  install(packages, "bin", async (folder) => {
    await run("python3", ["-m", "venv", folder], { timeout: patience.venv })
    const options = ["--quiet", "--disable-pip-version-check", "--only-binary", ":all:"]
    const pip = ["-m", "pip", "install", ...options, ...packages]
    await run(join(folder, "bin/python"), pip, { timeout: patience.install })
  })

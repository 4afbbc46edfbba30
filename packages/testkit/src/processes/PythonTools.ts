import { execFile } from "node:child_process"
import { createHash } from "node:crypto"
import { existsSync } from "node:fs"
import { mkdir, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"

const run = promisify(execFile)

/** Limits in ms. */
const patience = { venv: 60_000, install: 180_000 }

/** A folder of programs, or why there is none. */
export type PythonTools = { readonly bin: string } | { readonly missing: string }

/**
 * Python packages (`name==version`) in a virtual environment of their own, which later runs find again. Only wheels are installed, so
 * that nothing is built. It never fails: a machine may lack Python, its venv module or the registry.
 */
export const pythonTools = async (packages: ReadonlyArray<string>): Promise<PythonTools> => {
  const hash = createHash("sha256").update(packages.join()).digest("hex").slice(0, 12)
  const path = join(tmpdir(), `kite-python-${process.getuid?.() ?? 0}-${hash}`)
  const bin = join(path, "bin")
  const complete = join(path, "complete")
  if (existsSync(complete)) return { bin }
  try {
    await rm(path, { recursive: true, force: true })
    await mkdir(path, { mode: 0o700 })
    await run("python3", ["-m", "venv", path], { timeout: patience.venv })
    const options = ["--quiet", "--disable-pip-version-check", "--only-binary", ":all:"]
    await run(join(bin, "python"), ["-m", "pip", "install", ...options, ...packages], { timeout: patience.install })
    await writeFile(complete, "")
    return { bin }
  } catch (cause) {
    const lines = String(cause instanceof Error ? cause.message : cause)
      .trim()
      .split("\n")
    return { missing: `Python's packages cannot be installed: ${lines.at(-1)}` }
  }
}

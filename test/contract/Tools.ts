import { execFile, execFileSync } from "node:child_process"
import { createHash } from "node:crypto"
import { existsSync } from "node:fs"
import { mkdir, rm, writeFile } from "node:fs/promises"
import { homedir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"
import { Effect } from "effect"

const npmPackages = [
  "@redocly/cli@2.77.0",
  "@stoplight/spectral-cli@6.16.3",
  "@hey-api/openapi-ts@0.95.0",
  "openapi-typescript@7.13.0",
  "openapi-fetch@0.17.0",
  "typescript@5.9.3",
  "@types/node@26.6.6"
]
const pythonPackages = ["openapi-spec-validator==0.9.0", "openapi-python-client==0.29.1", "schemathesis==4.32.5"]

/** Too large to be dependencies of kite: they are installed once into the user's cache, a folder for each set of versions. */
const cache = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "kite-contract")

const run = promisify(execFile)

/** Why there is no Python that can install packages; nothing if there is one. */
const findPythonFault = () => {
  try {
    const check = "import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 10))"
    execFileSync("python3", ["-c", check], { stdio: "ignore", timeout: 20_000 })
    return undefined
  } catch {
    return "there is no python3 of version 3.10 or later with venv and pip"
  }
}

/** Whether the tools written in Python can run. If not, says so once. */
export const hasPython = (() => {
  const fault = findPythonFault()
  if (fault !== undefined) console.log(`not run: schemathesis, openapi-spec-validator, openapi-python-client: ${fault}`)
  return fault === undefined
})()

/** Installs into a folder of its own unless that was done before. A file marks the end: an install may be cut off. */
const install = (packages: ReadonlyArray<string>, into: (folder: string) => Promise<unknown>) =>
  Effect.promise(async () => {
    const folder = join(cache, createHash("sha256").update(packages.join()).digest("hex").slice(0, 16))
    const done = join(folder, "installed")
    if (existsSync(done)) return folder
    await rm(folder, { recursive: true, force: true })
    await mkdir(folder, { recursive: true })
    await into(folder)
    await writeFile(done, packages.join("\n"))
    return folder
  })

const limits = { timeout: 300_000, maxBuffer: 64 * 1024 ** 2 }

/** The folder with `node_modules` of the tools that npm has. */
export const npmTools = install(npmPackages, async (folder) => {
  await writeFile(join(folder, "package.json"), "{}")
  const options = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-save"]
  await run("npm", ["install", ...options, ...npmPackages], { ...limits, cwd: folder })
})

/** The Python of a virtual environment with the tools that PyPI has. */
export const pythonTools = install(pythonPackages, async (folder) => {
  await run("python3", ["-m", "venv", folder], limits)
  await run(join(folder, "bin/python"), ["-m", "pip", "install", "--quiet", ...pythonPackages], limits)
}).pipe(Effect.map((folder) => join(folder, "bin/python")))

/** How a tool ended, with all that it printed. */
export interface Ended {
  readonly code: number
  readonly output: string
}

/** Runs a program to its end, for at most eight minutes: even schemathesis takes two, on two cores that do nothing else. */
export const runTool = (
  program: string,
  args: ReadonlyArray<string>,
  { cwd, env = {} }: { readonly cwd: string; readonly env?: Readonly<Record<string, string>> }
) =>
  Effect.promise(async (signal): Promise<Ended> => {
    const options = { ...limits, timeout: 480_000, cwd, signal, env: { ...process.env, NO_COLOR: "1", ...env } }
    try {
      const { stdout, stderr } = await run(program, args, options)
      return { code: 0, output: stdout + stderr }
    } catch (error) {
      const { code, stdout = "", stderr = "" } = error as { code?: unknown; stdout?: string; stderr?: string }
      return { code: typeof code === "number" ? code : 1, output: `${stdout}${stderr}${code ?? "timed out"}` }
    }
  })

/** Runs a program of npm with the Node of these tests. */
export const runNpmTool = Effect.fnUntraced(function* (
  script: string,
  args: ReadonlyArray<string>,
  options: Parameters<typeof runTool>[2]
) {
  const folder = yield* npmTools
  return yield* runTool(process.execPath, [join(folder, "node_modules/.bin", script), ...args], options)
})

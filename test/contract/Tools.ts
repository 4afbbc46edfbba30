import { execFile } from "node:child_process"
import { join } from "node:path"
import { promisify } from "node:util"
import { npmTools, pythonTools } from "@kite/testkit/processes/InstalledTools"
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

const run = promisify(execFile)
const limits = { timeout: 480_000, maxBuffer: 64 * 1024 ** 2 }

/** The tools, or undefined where they cannot be had; then their tests are skipped, and one line says why. */
const found = <Tools extends object>(names: string, tools: Tools | { readonly missing: string }) => {
  if (!("missing" in tools)) return tools
  console.log(`not run: ${names}: ${tools.missing}`)
  return undefined
}

export const npm = found("redocly, spectral, the clients in TypeScript", await npmTools(npmPackages))
export const python = found(
  "schemathesis, openapi-spec-validator, openapi-python-client",
  await pythonTools(pythonPackages)
)

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
    const options = { ...limits, cwd, signal, env: { ...process.env, NO_COLOR: "1", ...env } }
    try {
      const { stdout, stderr } = await run(program, args, options)
      return { code: 0, output: stdout + stderr }
    } catch (error) {
      const { code, stdout = "", stderr = "" } = error as { code?: unknown; stdout?: string; stderr?: string }
      return { code: typeof code === "number" ? code : 1, output: `${stdout}${stderr}${code ?? "timed out"}` }
    }
  })

const programIn = (tools: { readonly bin: string } | undefined, name: string) =>
  tools === undefined ? Effect.die(`${name} is not there`) : Effect.succeed(join(tools.bin, name))

/** Runs a program of npm with the Node of these tests. */
export const runNpmTool = Effect.fnUntraced(function* (
  script: string,
  args: ReadonlyArray<string>,
  options: Parameters<typeof runTool>[2]
) {
  return yield* runTool(process.execPath, [yield* programIn(npm, script), ...args], options)
})

/** Runs a module of Python. */
export const runPythonTool = Effect.fnUntraced(function* (
  module: string,
  args: ReadonlyArray<string>,
  options: Parameters<typeof runTool>[2]
) {
  return yield* runTool(yield* programIn(python, "python"), ["-m", module, ...args], options)
})

import { copyFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert } from "@effect/vitest"
import { Effect } from "effect"
import { contract, Kite } from "./Kite.ts"
import { type Ended, npm, python, runNpmTool, runPythonTool, runTool } from "./Tools.ts"

const password = "correct horse battery"

/** Copies a client program beside what was generated for it. */
const copyProgram = Effect.fnUntraced(function* (name: string) {
  const { folder } = yield* Kite
  const path = fileURLToPath(new URL(`clients/${name}`, import.meta.url))
  yield* Effect.promise(() => copyFile(path, join(folder, name)))
  return folder
})

const succeeded = ({ code, output }: Ended) => assert.strictEqual(code, 0, output)

/** What a user of TypeScript has: strict, and with imports as Node runs them. */
const tsc = (folder: string, program: string) => {
  const options = "--noEmit --strict --skipLibCheck --target esnext --lib esnext,dom,dom.iterable --module nodenext"
  const args = [...options.split(" "), "--allowImportingTsExtensions", "--types", "node", program]
  return runNpmTool("tsc", args, { cwd: folder })
}

/** Checks the types of the program and runs it: it registers, uploads, lists and downloads. */
const runTypeScript = Effect.fnUntraced(function* (name: string) {
  const { url } = yield* Kite
  const folder = yield* copyProgram(`${name}.ts`)
  succeeded(yield* tsc(folder, `${name}.ts`))
  const args = [`${name}.ts`, url, `${name}@example.org`, password]
  succeeded(yield* runTool(process.execPath, args, { cwd: folder }))
})

contract("a client made by", (it) => {
  it.effect.skipIf(npm === undefined)("openapi-typescript uploads, lists and downloads", () =>
    Effect.gen(function* () {
      const { folder } = yield* Kite
      succeeded(yield* runNpmTool("openapi-typescript", ["openapi.json", "--output", "schema.ts"], { cwd: folder }))
      yield* runTypeScript("openapi-typescript")
    })
  )

  it.effect.skipIf(npm === undefined)("@hey-api/openapi-ts uploads, lists and downloads", () =>
    Effect.gen(function* () {
      const { folder } = yield* Kite
      const output = { path: "hey-api", module: { extension: ".ts" } }
      const plugins = ["@hey-api/client-fetch", "@hey-api/sdk", "@hey-api/typescript"]
      const config = `export default ${JSON.stringify({ input: "openapi.json", output, plugins })}\n`
      yield* Effect.promise(() => writeFile(join(folder, "openapi-ts.config.mjs"), config))
      succeeded(yield* runNpmTool("openapi-ts", ["--file", "openapi-ts.config.mjs"], { cwd: folder }))
      yield* runTypeScript("hey-api")
    })
  )

  it.effect.skipIf(python === undefined)("openapi-python-client uploads, lists and downloads", () =>
    Effect.gen(function* () {
      const { url } = yield* Kite
      const folder = yield* copyProgram("python.py")
      const generate = ["generate", "--path", "openapi.json", "--meta", "none", "--output-path", "kite_client"]
      succeeded(yield* runPythonTool("openapi_python_client", generate, { cwd: folder }))
      succeeded(yield* runPythonTool("python", [url, "python@example.org", password], { cwd: folder }))
    })
  )
})

import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { assert } from "@effect/vitest"
import { Effect } from "effect"
import { contract, Kite } from "./Kite.ts"
import { npm, python, runNpmTool, runPythonTool } from "./Tools.ts"

const write = (folder: string, name: string, text: string) => Effect.promise(() => writeFile(join(folder, name), text))

contract("the OpenAPI document has no finding of", (it) => {
  it.effect.skipIf(npm === undefined)("redocly, with its recommended rules", () =>
    Effect.gen(function* () {
      const { folder } = yield* Kite
      yield* write(folder, "redocly.yaml", "extends: [recommended]\n")
      const args = ["lint", "openapi.json", "--config", "redocly.yaml", "--format", "json"]
      const env = { REDOCLY_TELEMETRY: "off", REDOCLY_SUPPRESS_UPDATE_NOTICE: "true" }
      const { code, output } = yield* runNpmTool("redocly", args, { cwd: folder, env })
      assert.strictEqual(code, 0, output)
      assert.match(output, /"problems":\s*\[\]/)
    })
  )

  it.effect.skipIf(npm === undefined)("spectral, with its recommended rules", () =>
    Effect.gen(function* () {
      const { folder } = yield* Kite
      yield* write(folder, "spectral.yaml", 'extends: ["spectral:oas"]\n')
      const args = ["lint", "openapi.json", "--ruleset", "spectral.yaml", "--fail-severity", "hint"]
      const { code, output } = yield* runNpmTool("spectral", args, { cwd: folder })
      assert.strictEqual(code, 0, output)
    })
  )

  it.effect.skipIf(python === undefined)("openapi-spec-validator", () =>
    Effect.gen(function* () {
      const { folder } = yield* Kite
      const { code, output } = yield* runPythonTool("openapi_spec_validator", ["openapi.json"], { cwd: folder })
      assert.strictEqual(code, 0, output)
    })
  )
})

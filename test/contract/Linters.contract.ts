import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { assert } from "@effect/vitest"
import { Effect } from "effect"
import { contract, Kite } from "./Kite.ts"
import { hasPython, pythonTools, runNpmTool, runTool } from "./Tools.ts"

const write = (folder: string, name: string, text: string) => Effect.promise(() => writeFile(join(folder, name), text))

contract("the OpenAPI document has no finding of", (it) => {
  it.effect("redocly, with its recommended rules", () =>
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

  it.effect("spectral, with its recommended rules", () =>
    Effect.gen(function* () {
      const { folder } = yield* Kite
      yield* write(folder, "spectral.yaml", 'extends: ["spectral:oas"]\n')
      const args = ["lint", "openapi.json", "--ruleset", "spectral.yaml", "--fail-severity", "hint"]
      const { code, output } = yield* runNpmTool("spectral", args, { cwd: folder })
      assert.strictEqual(code, 0, output)
    })
  )

  it.effect.skipIf(!hasPython)("openapi-spec-validator", () =>
    Effect.gen(function* () {
      const { folder } = yield* Kite
      const args = ["-m", "openapi_spec_validator", "openapi.json"]
      const { code, output } = yield* runTool(yield* pythonTools, args, { cwd: folder })
      assert.strictEqual(code, 0, output)
    })
  )
})

import { fileURLToPath } from "node:url"
import { assert } from "@effect/vitest"
import { Effect } from "effect"
import { contract, Kite } from "./Kite.ts"
import { python, runPythonTool } from "./Tools.ts"

const pathOf = (relative: string) => fileURLToPath(new URL(relative, import.meta.url))
const main = pathOf("../../packages/cli/src/main.ts")

/** A finding says how to repeat it; the seed is in schemathesis.toml. */
contract("schemathesis", (it) => {
  it.effect.skipIf(python === undefined)("finds nothing with all of its checks", () =>
    Effect.gen(function* () {
      const { url, folder, dataDir } = yield* Kite
      const createUser = [process.execPath, main, "admin", "create-user"]
      const args = ["--config-file", pathOf("schemathesis.toml"), "run", `${url}/openapi.json`]
      const { code, output } = yield* runPythonTool("schemathesis.cli", [...args, "--url", url, "--checks", "all"], {
        cwd: folder,
        env: {
          SCHEMATHESIS_HOOKS: pathOf("hooks.py"),
          KITE_URL: url,
          KITE_CREATE_USER: createUser.join("\n"),
          DATA_DIR: dataDir,
          LOG_LEVEL: "error"
        }
      })
      console.log(output)
      assert.strictEqual(code, 0)
    })
  )
})

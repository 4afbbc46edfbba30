import { execFile } from "node:child_process"
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"

const root = fileURLToPath(new URL("../..", import.meta.url))
const run = promisify(execFile)
const read = (path: string) => readFileSync(root + path, "utf8")

/** Time limit in ms; a command starts in two seconds on an idle machine. */
const patience = 90_000

/** Runs a command line of kite in a shell, without settings. */
const kite = (line: string) =>
  Effect.promise(() =>
    run("bash", ["-euo", "pipefail", "-c", `"${process.execPath}" packages/cli/src/main.ts ${line}`], {
      cwd: root,
      env: { PATH: process.env["PATH"] },
      timeout: 60_000
    })
  )

it.live(
  "docs/behind-a-proxy.md shows what `kite doctor` prints",
  () =>
    Effect.gen(function* () {
      const [, line = "", output] =
        /```console\n\$ kite (doctor [^\n]*)\n([\s\S]*?)```/.exec(read("docs/behind-a-proxy.md")) ?? []
      const { stdout } = yield* kite(line)
      assert.strictEqual(stdout, output)
    }),
  patience
)

it.live(
  "the README's commands exist",
  () =>
    Effect.gen(function* () {
      const lines = [...read("README.md").matchAll(/^npm run kite -- ([^#\n]+)/gm)].map(([, line = ""]) => line.trim())
      assert.isAbove(lines.length, 5)
      const { stdout } = yield* kite("--help")
      for (const line of lines) assert.match(stdout, new RegExp(`^ +${line.split(" ")[0]}\\b`, "m"), line)
      const { stdout: client } = yield* kite(lines.find((line) => line.startsWith("doctor")) ?? "")
      assert.match(client, /^client +203\.0\.113\.9 /m)
    }),
  patience
)

import { execFile } from "node:child_process"
import { readFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import type { Attack } from "./Attack.ts"

const run = promisify(execFile)
const attempts = fileURLToPath(
  new URL("../../packages/worker/test/fixtures/sandbox/AttemptsParent.ts", import.meta.url)
)

/** `CapEff` of proc(5) is a mask in hexadecimal; 2 in `Seccomp` means that a filter is on. */
const isConfined = (pid: number) => {
  const status = readFileSync(`/proc/${pid}/status`, "utf8")
  const [, uid] = /^Uid:\s+(\d+)/m.exec(status) ?? []
  return (
    uid !== "0" && /^CapEff:\s+0+$/m.test(status) && /^NoNewPrivs:\s+1$/m.test(status) && /^Seccomp:\s+2$/m.test(status)
  )
}

/** A document whose code has taken over the process that reads it. */
export const sandbox: Attack = {
  name: "2 sandbox",
  settings: {},
  run: async (target) => {
    const { stdout } = await run(process.execPath, [attempts, "whole", tmpdir()], {
      cwd: "/",
      env: { KITE_SECRET: "x" },
      timeout: 60_000
    })
    const { possible }: { readonly possible: ReadonlyArray<string> } = JSON.parse(stdout)
    await target.secondsToRead(await target.signUp(), "wakes the extractors")
    const extractors = target.extractors()
    return [
      {
        what: `what code in the extractor can do${possible.length > 0 ? ` (${possible.join(", ")})` : ""}`,
        before: "write files, run id as root, open sockets",
        now: possible.length,
        limit: 0,
        unit: "of 16"
      },
      {
        what: "extractors with root, capabilities or no filter of system calls",
        before: "all, as root",
        now: extractors.length === 0 ? Number.NaN : extractors.filter((pid) => !isConfined(pid)).length,
        limit: 0,
        unit: `of ${extractors.length}`
      }
    ]
  }
}

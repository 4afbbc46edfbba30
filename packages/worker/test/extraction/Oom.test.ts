import { spawn } from "node:child_process"
import { existsSync, mkdirSync, rmdirSync, writeFileSync } from "node:fs"
import { text } from "node:stream/consumers"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { eventually } from "@kite/testkit/Eventually"
import { deflatedSpaces, pdfOfContent } from "@kite/testkit/files/PdfFile"
import { exitReason } from "@kite/worker/extraction/ExitReason"
import { Effect } from "effect"
import { temporaryFile } from "../fixtures/ExtractBytes.ts"

const program = fileURLToPath(new URL("../fixtures/ReadInCgroup.ts", import.meta.url))

/** The root of the memory cgroups, and its file for the limit: version 1, or version 2 where root may delegate it. */
const [root, limitFile] = existsSync("/sys/fs/cgroup/memory")
  ? ["/sys/fs/cgroup/memory", "memory.limit_in_bytes"]
  : ["/sys/fs/cgroup", "memory.max"]

const makeCgroup = (limit: number) => {
  const cgroup = `${root}/kite-test-${process.pid}`
  mkdirSync(cgroup)
  writeFileSync(`${cgroup}/${limitFile}`, `${limit}`)
  return cgroup
}

const canLimit = () => {
  try {
    rmdirSync(makeCgroup(1024 * 1024 * 1024))
    return true
  } catch {
    return false
  }
}

const isEmptied = (cgroup: string) => {
  try {
    rmdirSync(cgroup)
  } catch {
    return false
  }
  return true
}

describe("A child that is killed", () => {
  it.live.runIf(canLimit())("by the kernel, for its container's memory: the document is out-of-memory", () =>
    Effect.gen(function* () {
      const path = yield* temporaryFile(pdfOfContent(deflatedSpaces(1024 * 1024 * 1024)))
      const cgroup = yield* Effect.acquireRelease(
        Effect.sync(() => makeCgroup(400 * 1024 * 1024)),
        (path) =>
          eventually(
            Effect.sync(() => isEmptied(path)),
            (emptied) => emptied
          )
      )
      const command = `echo $$ > ${cgroup}/cgroup.procs && exec "$0" "$@"`
      const parent = spawn("sh", ["-c", command, process.execPath, program, path], {
        stdio: ["ignore", "pipe", "inherit"]
      })
      const output = yield* Effect.promise(() => text(parent.stdout))
      assert.include(output, "ExtractionFailure")
      assert.include(output, "memory")
    }).pipe(Effect.scoped)
  )

  it("by somebody else says nothing of the document", () => {
    const exit = { _tag: "Exited", code: null, signal: "SIGKILL", stderr: "" } as const
    assert.strictEqual(exitReason(exit, false).name, "ExtractorCrashed")
    assert.deepInclude(exitReason(exit, true), { code: "out-of-memory" })
    assert.strictEqual(exitReason({ ...exit, signal: "SIGTERM" }, true).name, "ExtractorCrashed")
  })
})

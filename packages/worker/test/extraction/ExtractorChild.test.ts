import { spawn } from "node:child_process"
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { eventually } from "@kite/testkit/Eventually"
import { isRunning } from "@kite/testkit/processes/Processes"
import { Effect } from "effect"
import { readHello, theChild, withLimits } from "../fixtures/LimitedExtractor.ts"

const doomedParent = fileURLToPath(new URL("../fixtures/DoomedParent.ts", import.meta.url))

describe("Extractor's children", () => {
  it.live("are reused for the next document", () =>
    Effect.gen(function* () {
      yield* readHello
      const first = yield* theChild
      yield* readHello
      assert.strictEqual(yield* theChild, first)
    }).pipe(withLimits())
  )

  for (const limits of [{ recycleAfterJobs: 1 }, { recycleAboveBytes: 1 }]) {
    it.live(`are recycled (${Object.keys(limits)})`, () =>
      Effect.gen(function* () {
        const first = yield* eventually(theChild)
        yield* readHello
        // After this one document, and not only after the next.
        yield* eventually(
          Effect.sync(() => isRunning(first)),
          (runs) => !runs
        )
        yield* readHello
        assert.notStrictEqual(yield* theChild, first)
      }).pipe(withLimits(limits))
    )
  }

  it.live("do not see the environment", () =>
    Effect.gen(function* () {
      yield* readHello
      const names = readFileSync(`/proc/${yield* theChild}/environ`, "utf8")
        .split("\0")
        .filter(Boolean)
      assert.isTrue(
        names.every((name) => name.startsWith("NODE_CHANNEL_")),
        names.join()
      )
    }).pipe(withLimits())
  )

  it.live("end with the layer", () =>
    Effect.gen(function* () {
      const pid = yield* readHello.pipe(Effect.andThen(theChild), withLimits())
      assert.isFalse(isRunning(pid))
    })
  )

  it.live("end when their parent is killed", () =>
    Effect.gen(function* () {
      const parent = spawn(process.execPath, [doomedParent], { stdio: ["ignore", "pipe", "inherit"] })
      const pid = yield* Effect.callback<number>((resume) => {
        parent.stdout.once("data", (line) => resume(Effect.succeed(Number(line))))
      }).pipe(Effect.timeout("20 seconds"), Effect.ensuring(Effect.sync(() => parent.kill("SIGKILL"))))
      yield* eventually(
        Effect.sync(() => isRunning(pid)),
        (running) => !running
      )
    })
  )

  it.live("ignore SIGINT and SIGTERM", () =>
    Effect.gen(function* () {
      yield* readHello
      const pid = yield* theChild
      process.kill(pid, "SIGTERM")
      process.kill(pid, "SIGINT")
      yield* readHello
      assert.strictEqual(yield* theChild, pid)
    }).pipe(withLimits())
  )
})

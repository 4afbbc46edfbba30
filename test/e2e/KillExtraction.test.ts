import { assert, it } from "@effect/vitest"
import { eventually } from "@kite/testkit/Eventually"
import { logInAt } from "@kite/testkit/http/TypedClient"
import { startKite } from "@kite/testkit/processes/KiteProcess"
import { temporaryDirectory } from "@kite/testkit/processes/TemporaryDirectory"
import { Effect } from "effect"

const scans = ["scan.jpg", "scan.jpg", "scan.jpg", "scan.jpg", "scan.jpg", "invoice.pdf"]

it.live(
  "kill -9 during an extraction loses no acknowledged document",
  () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      const first = yield* startKite({ DATA_DIR: directory })
      const before = yield* logInAt(first.url)
      yield* Effect.forEach(scans, before.uploadExample)
      yield* eventually(before.list, (all) => all.some(({ status }) => status === "processing"), "20 seconds")
      yield* first.end("SIGKILL")

      const second = yield* startKite({ DATA_DIR: directory })
      const after = yield* logInAt(second.url)
      assert.strictEqual((yield* after.list).length, scans.length)
      const all = yield* eventually(
        after.list,
        (found) => found.every(({ status }) => status === "ready"),
        "90 seconds"
      )
      const texts = yield* Effect.forEach(all, ({ id }) => after.textOf(id))
      assert.isTrue(texts.every((text) => /harbour meadow|Kite string/.test(text)))
    }),
  150_000
)

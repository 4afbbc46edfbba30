import { assert, it } from "@effect/vitest"
import { startKite } from "@kite/testkit/processes/KiteProcess"
import { accepts } from "@kite/testkit/processes/Port"
import { descendantsOf, isRunning } from "@kite/testkit/processes/Processes"
import { temporaryDirectory } from "@kite/testkit/processes/TemporaryDirectory"
import { Effect } from "effect"

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  it.live(
    `kite exits with 0 on ${signal}, and leaves no process and no open port`,
    () =>
      Effect.gen(function* () {
        const kite = yield* startKite({ DATA_DIR: yield* temporaryDirectory })
        const children = descendantsOf(kite.process.pid ?? 0)
        assert.isAbove(children.length, 0)
        assert.isTrue(yield* accepts(kite.url))
        assert.strictEqual(yield* kite.end(signal), 0)
        assert.isFalse(yield* accepts(kite.url))
        assert.deepStrictEqual(children.filter(isRunning), [])
      }),
    60_000
  )
}

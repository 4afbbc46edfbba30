import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { startKite } from "../parts/KiteProcess.ts"
import { isRunning } from "../parts/ProcessState.ts"
import { temporaryDirectory } from "../parts/TemporaryDirectory.ts"
import { childrenOf } from "./Children.ts"
import { accepts } from "./Port.ts"

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  it.live(
    `${signal} ends kite with 0 and leaves no process and no open port behind`,
    () =>
      Effect.gen(function* () {
        const kite = yield* startKite({ DATA_DIR: yield* temporaryDirectory })
        const children = yield* childrenOf(kite.process.pid ?? 0)
        assert.isAbove(children.length, 0)
        assert.isTrue(yield* accepts(kite.url))
        assert.strictEqual(yield* kite.end(signal), 0)
        assert.isFalse(yield* accepts(kite.url))
        assert.deepStrictEqual(children.filter(isRunning), [])
      }),
    60_000
  )
}

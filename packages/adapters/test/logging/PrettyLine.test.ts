import { stripVTControlCharacters } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import { prettyLine } from "@kite/adapters/logging/PrettyLine"
import { LogCapture } from "@kite/testkit/logging/LogCapture"
import { Cause, Effect } from "effect"

const pretty = (effect: Effect.Effect<void>) => {
  const capture = new LogCapture()
  return effect.pipe(
    Effect.provide(capture.layer),
    Effect.map(() => prettyLine(capture.lines[0] ?? ""))
  )
}

describe("a line for a terminal", () => {
  it.effect("shows time, level, message and fields", () =>
    Effect.gen(function* () {
      const line = yield* pretty(Effect.logWarning("Slow", { status: 200, colour: "red" }))
      assert.strictEqual(stripVTControlCharacters(line), '00:00:00.000 WARN  Slow status=200 details={"colour":"red"}')
    })
  )

  it.effect("shows the stacks of an error and of its cause", () =>
    Effect.gen(function* () {
      const error = new Error("outer", { cause: new TypeError("inner") })
      const lines = stripVTControlCharacters(yield* pretty(Effect.logError("Failed", Cause.die(error)))).split("\n")
      assert.strictEqual(lines[1], "  Error: outer")
      assert.include(lines, "  caused by")
      assert.include(lines, "  TypeError: inner")
    })
  )

  it.effect("never sends a control sequence to the terminal", () =>
    Effect.gen(function* () {
      const evil = "\u001b[2J\u009b31m\r\n\u202e"
      const line = yield* pretty(Effect.logError(evil, { reason: evil }, Cause.die(new Error(evil))))
      assert.notMatch(stripVTControlCharacters(line).replaceAll("\n", ""), /[\p{Cc}\u202e]/u)
      assert.include(line, "\\u001b[2J")
    })
  )
})

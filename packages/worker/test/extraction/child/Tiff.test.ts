import { assert, describe, it } from "@effect/vitest"
import { tiffFrames, withFirstFrame } from "@kite/worker/extraction/child/Tiff"
import { Effect } from "effect"
import * as fc from "fast-check"
import { pictureOf, tiffOf } from "../../fixtures/ImageFile.ts"

const file = tiffOf([pictureOf(["a"], 10, 30), pictureOf(["b"], 10, 40)])

describe("tiffFrames", () => {
  it.effect("finds each frame and its size", () =>
    Effect.gen(function* () {
      const frames = yield* tiffFrames(file, 10)
      assert.deepStrictEqual(
        frames.map((frame) => frame.width),
        [30, 40]
      )
    })
  )

  it.effect("ends where a chain of frames bites its own tail", () =>
    Effect.gen(function* () {
      const [first, second] = yield* tiffFrames(file, 10)
      const loop = Buffer.from(file)
      const entries = loop.readUInt16LE(second?.offset ?? 0)
      loop.writeUInt32LE(first?.offset ?? 0, (second?.offset ?? 0) + 2 + entries * 12)
      assert.lengthOf(yield* tiffFrames(loop, 10), 11)
    })
  )

  it.effect("puts a frame first without touching the others", () =>
    Effect.gen(function* () {
      const [, second] = yield* tiffFrames(file, 10)
      assert.isDefined(second)
      assert.deepStrictEqual(yield* tiffFrames(withFirstFrame(file, second), 10), [second])
    })
  )

  it.effect("answers frames or `corrupt` for any bytes", () =>
    Effect.promise(() =>
      fc.assert(
        fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
          const tiff = Buffer.concat([Buffer.from("II*\0"), bytes])
          const result = await Effect.runPromise(Effect.result(tiffFrames(tiff, 5)))
          if (result._tag === "Failure") assert.strictEqual(result.failure.code, "corrupt")
          else assert.isAtMost(result.success.length, 6)
        })
      )
    )
  )
})

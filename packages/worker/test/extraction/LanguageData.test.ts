import { readdirSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { languageFolder } from "@kite/worker/extraction/LanguageData"
import { Effect } from "effect"

describe("languageFolder", () => {
  it.effect("contains the data of each language", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(readdirSync(yield* languageFolder(["eng"])), ["eng.traineddata.gz"])
    })
  )

  for (const language of ["tlh", "../eng", ""]) {
    it.effect(`refuses "${language}", and names it`, () =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(languageFolder(["eng", language]))
        assert.strictEqual(error.language, language)
      })
    )
  }
})

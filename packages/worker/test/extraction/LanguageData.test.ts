import { basename } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { languageFiles } from "@kite/worker/extraction/LanguageData"
import { Effect } from "effect"

describe("languageFiles", () => {
  it.effect("holds the data of each language", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(
        (yield* languageFiles(["eng"])).map((file) => basename(file)),
        ["eng.traineddata.gz"]
      )
    })
  )

  for (const language of ["tlh", "../eng", ""]) {
    it.effect(`refuses "${language}"`, () =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(languageFiles(["eng", language]))
        assert.strictEqual(error.language, language)
      })
    )
  }
})

import { access } from "node:fs/promises"
import { fileURLToPath } from "node:url"
import { Effect, Schema } from "effect"

/** The data of an OCR language is not installed. */
export class LanguageMissing extends Schema.TaggedError<LanguageMissing>()("LanguageMissing", {
  language: Schema.String
}) {
  override get message() {
    return `No OCR data for the language "${this.language}": correct OCR_LANGUAGES, or run npm install @tesseract.js-data/${this.language}`
  }
}

/** The smaller and faster of the two models in each package; as accurate as the big one to within rounding. */
const model = "4.0.0_best_int"

const dataFile = (language: string) =>
  Effect.tryPromise({
    try: async () => {
      const folder = import.meta.resolve(`@tesseract.js-data/${language}/package.json`)
      const file = fileURLToPath(new URL(`./${model}/${language}.traineddata.gz`, folder))
      await access(file)
      return file
    },
    catch: () => new LanguageMissing({ language })
  })

/**
 * The data files of these languages, in their order. Checked here, so that a missing file fails the start and not each document.
 */
export const languageFiles = Effect.fnUntraced(function* (languages: ReadonlyArray<string>) {
  return yield* Effect.forEach(languages, (language) =>
    /^[a-z]{3}(_[a-z]+)?$/.test(language) ? dataFile(language) : new LanguageMissing({ language })
  )
})

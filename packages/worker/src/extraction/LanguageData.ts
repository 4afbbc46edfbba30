import { access, mkdtemp, rm, symlink } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
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
 * One folder with the data of all languages, as Tesseract needs it: links to npm's packages, removed with the scope.
 * Checked here because tesseract.js waits for ever for missing data.
 */
export const languageFolder = Effect.fnUntraced(function* (languages: ReadonlyArray<string>) {
  const folder = yield* Effect.acquireRelease(
    Effect.promise(() => mkdtemp(join(tmpdir(), "kite-ocr-"))),
    (path) => Effect.promise(() => rm(path, { recursive: true, force: true }))
  )
  for (const language of languages) {
    if (!/^[a-z]{3}(_[a-z]+)?$/.test(language)) return yield* new LanguageMissing({ language })
    const file = yield* dataFile(language)
    yield* Effect.promise(() => symlink(file, join(folder, `${language}.traineddata.gz`)))
  }
  return folder
})

import { ExtractionFailure } from "@kite/domain/documents/Extraction"
import { Context, Effect, Layer } from "effect"
import type { ChildConfig } from "../ChildProtocol.ts"
import { startTesseract } from "./TesseractEngine.ts"

/** What was read; `confidence` is Tesseract's mean over the words, 0 to 100. */
export interface OcrText {
  readonly text: string
  readonly confidence: number
}

const unreadable = () => new ExtractionFailure({ code: "corrupt", message: "The image cannot be decoded." })

/** Optical character recognition, one image at a time, by an engine that starts with the first image and stays warm. */
export class Ocr extends Context.Service<
  Ocr,
  {
    /**
     * Reads an image in a format that Tesseract decodes, best PGM, whose dimensions are within the limits. It blocks the
     * thread meanwhile and cannot be interrupted.
     */
    read(image: Uint8Array): Effect.Effect<OcrText, ExtractionFailure>
  }
>()("@kite/worker/extraction/child/Ocr") {
  static readonly layer = (config: ChildConfig) =>
    Layer.effect(
      Ocr,
      Effect.gen(function* () {
        const engine = yield* Effect.cached(Effect.promise(() => startTesseract(config.languageFiles)))

        const read = Effect.fnUntraced(function* (image: Uint8Array) {
          const recognize = yield* engine
          const { text, confidence } = yield* Effect.tryPromise({ try: () => recognize(image), catch: unreadable })
          return { text: text.trim(), confidence }
        })

        return Ocr.of({ read })
      })
    )
}

import { ExtractionFailure } from "@kite/domain/documents/Extraction"
import { Context, Effect, Layer, Ref } from "effect"
import { createWorker, PSM, type Worker } from "tesseract.js"
import type { ChildConfig } from "../ChildProtocol.ts"
import { cleanText } from "./CleanText.ts"

/** What was read; `confidence` is Tesseract's mean over the words, 0 to 100. */
export interface OcrText {
  readonly text: string
  readonly confidence: number
}

const unreadable = () => new ExtractionFailure({ code: "corrupt", message: "The image cannot be decoded." })

/** Starts Tesseract in a thread of its own; `errorHandler` keeps a failed job from ending the process. */
const start = async (config: ChildConfig): Promise<Worker> => {
  const worker = await createWorker([...config.languages], 1, {
    langPath: config.languagePath,
    gzip: true,
    cacheMethod: "none",
    errorHandler: () => {}
  })
  await worker.setParameters({ tessedit_pageseg_mode: PSM.AUTO })
  return worker
}

/** Optical character recognition, one image at a time, by an engine that starts with the first image and stays warm. */
export class Ocr extends Context.Service<
  Ocr,
  {
    /** Reads an image in a format that Tesseract decodes, best PGM, whose dimensions are within the limits. */
    read(image: Uint8Array): Effect.Effect<OcrText, ExtractionFailure>
  }
>()("@kite/worker/extraction/child/Ocr") {
  static readonly layer = (config: ChildConfig) =>
    Layer.effect(
      Ocr,
      Effect.gen(function* () {
        const engine = yield* Ref.make<Worker | undefined>(undefined)

        const warm = Effect.gen(function* () {
          const worker = (yield* Ref.get(engine)) ?? (yield* Effect.promise(() => start(config)))
          yield* Ref.set(engine, worker)
          return worker
        })

        const read = Effect.fnUntraced(function* (image: Uint8Array) {
          const worker = yield* warm
          const { data } = yield* Effect.tryPromise({
            try: () => worker.recognize(Buffer.from(image.buffer, image.byteOffset, image.byteLength)),
            catch: unreadable
          }).pipe(
            // The engine cannot stop in the middle of an image: it goes, and the next image gets a new one.
            Effect.onInterrupt(() =>
              Ref.set(engine, undefined).pipe(Effect.andThen(Effect.promise(() => worker.terminate())))
            )
          )
          return { text: cleanText(data.text).trim(), confidence: data.confidence }
        })

        return Ocr.of({ read })
      })
    )
}

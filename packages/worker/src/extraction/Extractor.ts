import type { ExtractedText, ExtractionFailure } from "@kite/domain/documents/Extraction"
import { Context, Effect, Layer, Pool } from "effect"
import type { ExtractionRequest } from "./ChildProtocol.ts"
import { crashed } from "./ExitReason.ts"
import { ExtractionLimits } from "./ExtractionLimits.ts"
import { runExtraction, shouldRecycle } from "./ExtractionRun.ts"
import { forkExtractor } from "./ExtractorChild.ts"
import { type LanguageMissing, languageFolder } from "./LanguageData.ts"

/** `concurrency`: documents read at a time, each in its own process; `languages`: Tesseract's names, such as `eng`. */
export interface ExtractorOptions {
  readonly concurrency: number
  readonly languages: ReadonlyArray<string>
}

/** Turns the bytes of documents into text, in child processes that can crash, hang or be killed without harm to this one. */
export class Extractor extends Context.Service<
  Extractor,
  {
    /**
     * Reads a local file. A page that cannot be read stays empty and is logged; if no page has text, the document fails
     * with the first page's reason. A child that ends for another reason than the document is a defect.
     */
    extract(file: ExtractionRequest): Effect.Effect<ExtractedText, ExtractionFailure>
  }
>()("@kite/worker/extraction/Extractor") {
  /** Forks its children at once and ends them with the layer. Fails if the data of a language is not installed. */
  static readonly layer = (options: ExtractorOptions): Layer.Layer<Extractor, LanguageMissing> =>
    Layer.effect(
      Extractor,
      Effect.gen(function* () {
        const limits = yield* ExtractionLimits
        const { concurrency, languages } = options
        const languagePath = yield* languageFolder(languages)
        const pool = yield* Pool.make({
          acquire: forkExtractor({ languagePath, languages, limits }),
          size: concurrency
        })

        // A child may have ended since its last job: the pool finds out here.
        const borrow = Pool.get(pool).pipe(
          Effect.tap((child) => (child.exited() ? Pool.invalidate(pool, child) : Effect.void)),
          Effect.repeat({ while: (child) => child.exited(), times: concurrency })
        )

        const read = Effect.fnUntraced(function* (file: ExtractionRequest) {
          const child = yield* borrow
          return yield* runExtraction(child, file, limits).pipe(
            Effect.onExit(
              Effect.fnUntraced(function* () {
                if (child.busy || (yield* shouldRecycle(child, limits))) yield* Pool.invalidate(pool, child)
              })
            )
          )
        }, Effect.scoped)

        // Any of the children may have ended unnoticed.
        const extract = Effect.fn("Extractor.extract")((file: ExtractionRequest) =>
          read(file).pipe(
            Effect.retry({ times: concurrency, while: (error) => error._tag === "NotAccepted" }),
            Effect.catchTag("NotAccepted", ({ exit }) => Effect.die(crashed(exit)))
          )
        )

        return Extractor.of({ extract })
      })
    )
}

import type { ExtractedText, ExtractionFailure } from "@kite/domain/documents/Extraction"
import { Context, Effect, Layer, Pool } from "effect"
import type { DocumentFile } from "./Delivery.ts"
import { crashed, timedOut } from "./ExitReason.ts"
import { ExtractionLimits } from "./ExtractionLimits.ts"
import { runExtraction, shouldRecycle } from "./ExtractionRun.ts"
import { forkExtractor } from "./ExtractorChild.ts"
import { type LanguageMissing, languageFiles } from "./LanguageData.ts"
import { availableBytes, describeShortage, type MemoryPlan, planMemory } from "./MemoryPlan.ts"
import { Reading } from "./Reading.ts"
import { warnOfMissing } from "./Sandbox.ts"

/** `concurrency`: documents read at a time, each in its own process; `languages`: Tesseract's names, such as `eng`. */
export interface ExtractorOptions {
  readonly concurrency: number
  readonly languages: ReadonlyArray<string>
}

/** After this time without a document, children end, but for one. */
const idleTime = "10 minutes"

/** Logs once how much the memory allows. */
const logMemory = Effect.fnUntraced(function* (plan: MemoryPlan, concurrency: number) {
  const { children, limits } = plan
  const facts = { children, childBytes: limits.maxResidentBytes, ocrPixels: limits.maxOcrPixels }
  const shortage = describeShortage(plan, concurrency)
  yield* shortage.length === 0
    ? Effect.logInfo("Memory of the extraction").pipe(Effect.annotateLogs({ event: "extraction_memory", ...facts }))
    : Effect.logWarning(`Memory is short: ${shortage.join("; ")}`).pipe(
        Effect.annotateLogs({ event: "extraction_memory_short", ...facts })
      )
})

/** Turns the bytes of documents into text, in child processes that can crash, hang or be killed without harm to this one. */
export class Extractor extends Context.Service<
  Extractor,
  {
    /**
     * Reads a local file. A page that cannot be read stays empty and is logged; if no page has text, the document fails
     * with the first page's reason. A child that ends for another reason than the document is a defect.
     */
    extract(file: DocumentFile): Effect.Effect<ExtractedText, ExtractionFailure>
  }
>()("@kite/worker/extraction/Extractor") {
  /** Forks one child at once, further ones when documents wait, and ends them with the layer. Fails if the data of a language is not installed. */
  static readonly layer = (options: ExtractorOptions): Layer.Layer<Extractor, LanguageMissing> =>
    Layer.effect(
      Extractor,
      Effect.gen(function* () {
        const { concurrency, languages } = options
        const plan = planMemory(availableBytes(), concurrency, yield* ExtractionLimits)
        const { children, limits } = plan
        yield* logMemory(plan, concurrency)
        const files = yield* languageFiles(languages)
        const warn = warnOfMissing()
        const pool = yield* Pool.makeWithTTL({
          acquire: Effect.tap(forkExtractor({ languageFiles: files, limits }), ({ missing }) => warn(missing)),
          min: 1,
          max: children,
          timeToLive: idleTime
        })

        // A child may have ended since its last job: the pool finds out here.
        const borrow = Pool.get(pool).pipe(
          Effect.tap((child) => (child.exited() ? Pool.invalidate(pool, child) : Effect.void)),
          Effect.repeat({ while: (child) => child.exited(), times: children })
        )

        const read = Effect.fnUntraced(function* (file: DocumentFile, reading: Reading) {
          const child = yield* borrow
          return yield* runExtraction(child, file, reading, limits).pipe(
            Effect.onExit(
              Effect.fnUntraced(function* () {
                if (child.busy || (yield* shouldRecycle(child, limits))) yield* Pool.invalidate(pool, child)
              })
            )
          )
        }, Effect.scoped)

        const extract = Effect.fn("Extractor.extract")(function* (file: DocumentFile) {
          const reading = new Reading()
          return yield* read(file, reading).pipe(
            // Any of the children may have ended unnoticed.
            Effect.retry({ times: children, while: (error) => error._tag === "NotAccepted" }),
            Effect.retry({ times: limits.maxPages, while: (error) => error._tag === "PageTimedOut" }),
            Effect.catchTags({
              NotAccepted: ({ exit }) => Effect.die(crashed(exit)),
              PageTimedOut: () => timedOut()
            })
          )
        })

        return Extractor.of({ extract })
      })
    )
}

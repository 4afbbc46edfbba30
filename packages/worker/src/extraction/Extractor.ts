import type { ExtractedText, ExtractionFailure } from "@kite/domain/documents/Extraction"
import { Context, Effect, Layer, Pool } from "effect"
import { crashed, timedOut } from "./ChildDeath.ts"
import type { DocumentFile } from "./Delivery.ts"
import { ExtractionLimits } from "./ExtractionLimits.ts"
import { isWorn, runExtraction } from "./ExtractionRun.ts"
import { forkExtractor } from "./ExtractorChild.ts"
import { type LanguageMissing, languageFiles } from "./LanguageData.ts"
import { availableBytes, describeShortage, type MemoryPlan, planMemory } from "./MemoryPlan.ts"
import { Reading } from "./Reading.ts"
import { warnOfMissing } from "./Sandbox.ts"

/** `concurrency`: documents read at a time, each by a process of its own; `languages`: Tesseract's names, like `eng`. */
export interface ExtractorOptions {
  readonly concurrency: number
  readonly languages: ReadonlyArray<string>
}

/** Says once what the memory suffices for. */
const tellMemory = Effect.fnUntraced(function* (plan: MemoryPlan, concurrency: number) {
  const { children, limits } = plan
  const facts = { children, childBytes: limits.maxResidentBytes, ocrPixels: limits.maxOcrPixels }
  const shortage = describeShortage(plan, concurrency)
  yield* shortage.length === 0
    ? Effect.logInfo("memory of the extraction").pipe(Effect.annotateLogs({ event: "extraction_memory", ...facts }))
    : Effect.logWarning(`the memory is short: ${shortage.join("; ")}`).pipe(
        Effect.annotateLogs({ event: "extraction_memory_short", ...facts })
      )
})

/** Turns the bytes of documents into text, in child processes that may crash, hang or be killed without harm to this one. */
export class Extractor extends Context.Service<
  Extractor,
  {
    /**
     * Reads a local file. A page that cannot be read is left empty and logged, unless no page has text: then the document
     * fails with the first page's reason. A child that ends through no fault of the document is a defect.
     */
    extract(file: DocumentFile): Effect.Effect<ExtractedText, ExtractionFailure>
  }
>()("@kite/worker/extraction/Extractor") {
  /** Forks its children at once; they end with the layer. Fails for a language whose data is not installed. */
  static readonly layer = (options: ExtractorOptions): Layer.Layer<Extractor, LanguageMissing> =>
    Layer.effect(
      Extractor,
      Effect.gen(function* () {
        const { concurrency, languages } = options
        const plan = planMemory(availableBytes(), concurrency, yield* ExtractionLimits)
        const { children, limits } = plan
        yield* tellMemory(plan, concurrency)
        const files = yield* languageFiles(languages)
        const warn = warnOfMissing()
        const pool = yield* Pool.make({
          acquire: Effect.tap(forkExtractor({ languageFiles: files, limits }), ({ missing }) => warn(missing)),
          size: children
        })

        // A child may have died of something since its last job: the pool learns it here.
        const borrow = Pool.get(pool).pipe(
          Effect.tap((child) => (child.exited() ? Pool.invalidate(pool, child) : Effect.void)),
          Effect.repeat({ while: (child) => child.exited(), times: children })
        )

        const read = Effect.fnUntraced(function* (file: DocumentFile, reading: Reading) {
          const child = yield* borrow
          return yield* runExtraction(child, file, reading, limits).pipe(
            Effect.onExit(
              Effect.fnUntraced(function* () {
                if (child.busy || (yield* isWorn(child, limits))) yield* Pool.invalidate(pool, child)
              })
            )
          )
        }, Effect.scoped)

        const extract = Effect.fn("Extractor.extract")(function* (file: DocumentFile) {
          const reading = new Reading()
          return yield* read(file, reading).pipe(
            // Each of the children may be dead without this being known yet.
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

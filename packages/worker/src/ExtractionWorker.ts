import { withJob } from "@kite/adapters/logging/RequestContext"
import { ExtractionQueue } from "@kite/adapters/queue/ExtractionQueue"
import { Settings } from "@kite/adapters/settings/Settings"
import { Cause, Duration, Effect, Layer, Schedule } from "effect"
import { ExtractionHandler } from "./ExtractionHandler.ts"
import { ExtractionResults } from "./ExtractionResults.ts"
import { Extractor } from "./extraction/Extractor.ts"
import { Reindexing } from "./search/Reindexing.ts"

/** How long to wait after the queue or the database failed: the cause may last. */
const pause = "1 second"

/** How often documents are looked for whose jobs the queue has given up, and how long they must be unchanged. */
const reconcileInterval = "30 seconds"
const unchangedFor = Duration.minutes(1)

const surviving = <A, R>(effect: Effect.Effect<A, never, R>, message: string) =>
  Effect.catchCause(effect, (cause) =>
    Cause.hasInterruptsOnly(cause)
      ? Effect.interrupt
      : Effect.logError(message, cause).pipe(Effect.andThen(Effect.sleep(pause)))
  )

const reconcile = Effect.gen(function* () {
  const results = yield* ExtractionResults
  const failed = yield* results.failAbandoned(unchangedFor)
  for (const documentId of failed) {
    yield* Effect.logWarning("document of a job given up").pipe(
      Effect.annotateLogs({ event: "document_abandoned", documentId })
    )
  }
})

/** So many jobs at a time, until the layer goes: then jobs in progress are given back to the queue at once. */
export const layerNoDeps = (concurrency: number) =>
  Layer.effectDiscard(
    Effect.gen(function* () {
      const queue = yield* ExtractionQueue
      const { handle } = yield* ExtractionHandler
      const take = queue.take((job, attempts) => withJob(job)(handle(job, attempts)))
      const oneJob = Effect.catchTag(take, "JobNotDone", () => Effect.void)
      const taker = Effect.forever(surviving(oneJob, "the extraction queue failed"))
      yield* Effect.forkScoped(Effect.replicateEffect(taker, concurrency, { concurrency, discard: true }))
      yield* surviving(reconcile, "reconciling documents failed").pipe(
        Effect.repeat(Schedule.spaced(reconcileInterval)),
        Effect.forkScoped
      )
    })
  )

/** The worker as configured: `WORKER_CONCURRENCY` jobs at a time, OCR in `OCR_LANGUAGES`. */
export const layer = Layer.unwrap(
  Effect.map(Settings, ({ WORKER_CONCURRENCY: concurrency, OCR_LANGUAGES: languages }) =>
    Layer.merge(layerNoDeps(concurrency), Reindexing.background).pipe(
      Layer.provide(ExtractionHandler.layer),
      Layer.provide(Layer.mergeAll(ExtractionResults.layer, Extractor.layer({ concurrency, languages })))
    )
  )
)

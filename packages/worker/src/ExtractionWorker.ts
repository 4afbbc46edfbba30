import { withJob } from "@kite/adapters/logging/RequestContext"
import { ExtractionQueue } from "@kite/adapters/queue/ExtractionQueue"
import { Settings } from "@kite/adapters/settings/Settings"
import { Cause, Duration, Effect, Layer, Schedule } from "effect"
import { ExtractionHandler } from "./ExtractionHandler.ts"
import { ExtractionResults } from "./ExtractionResults.ts"
import { Extractor } from "./extraction/Extractor.ts"
import { Reindexing } from "./search/Reindexing.ts"

/** Pause after the queue or the database has failed: the cause may last. */
const pause = "1 second"

/** How often the worker looks for documents without a job, and how long they must not have changed. */
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
    yield* Effect.logWarning("Document failed: its job is no longer in the queue").pipe(
      Effect.annotateLogs({ event: "document_abandoned", documentId })
    )
  }
})

/** Workers beyond WORKER_CONCURRENCY, so that one is always free for an account that has nothing running. */
const spareWorkers = 1

/**
 * Runs so many jobs of one account at a time, and one more for the others, until the layer closes; then it returns running jobs to
 * the queue at once. No account can hold every worker, however many jobs it offers.
 */
export const layerNoDeps = (concurrency: number) =>
  Layer.effectDiscard(
    Effect.gen(function* () {
      const queue = yield* ExtractionQueue
      const { handle } = yield* ExtractionHandler
      const workers = concurrency + spareWorkers
      const take = queue.take((job, delivery) => withJob(job)(handle(job, delivery)), { perAccount: concurrency })
      const oneJob = Effect.catchTag(take, "JobNotDone", () => Effect.void)
      const loop = Effect.forever(surviving(oneJob, "The extraction queue failed"))
      yield* Effect.forkScoped(Effect.replicateEffect(loop, workers, { concurrency: workers, discard: true }))
      yield* surviving(reconcile, "Looking for documents without a job failed").pipe(
        Effect.repeat(Schedule.spaced(reconcileInterval)),
        Effect.forkScoped
      )
    })
  )

/** The worker of the settings: `WORKER_CONCURRENCY` jobs of an account at a time, OCR in `OCR_LANGUAGES`. */
export const layer = Layer.unwrap(
  Effect.map(Settings, ({ WORKER_CONCURRENCY: concurrency, OCR_LANGUAGES: languages }) =>
    Layer.merge(layerNoDeps(concurrency), Reindexing.background).pipe(
      Layer.provide(ExtractionHandler.layer),
      Layer.provide(
        Layer.mergeAll(ExtractionResults.layer, Extractor.layer({ concurrency: concurrency + spareWorkers, languages }))
      )
    )
  )
)

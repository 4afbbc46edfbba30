import { ExtractionJob, jobId } from "@kite/domain/documents/ExtractionJob"
import { Context, Duration, Effect, Layer, Schedule } from "effect"
import { PersistedQueue } from "effect/persistence"

/** How often a job may be begun, over three minutes with these pauses; each worker that dies with it counts. */
export const maxAttempts = 8

const retrySchedule = Schedule.min([Schedule.exponential("2 seconds"), Schedule.spaced("1 minute")])

/**
 * Extraction jobs, at least once. A job is offered inside the transaction that writes its document, leased while a worker
 * holds it, given back on interruption, and retried with back-off; after `maxAttempts` it is a dead letter (state `failed`).
 */
export class ExtractionQueue extends Context.Service<
  ExtractionQueue,
  {
    readonly offer: (job: ExtractionJob) => Effect.Effect<void>
    /** Waits for a job and runs the handler; its success acknowledges, its failure retries later. `attempts` is 1-based. */
    readonly take: <E, R>(
      handler: (job: ExtractionJob, attempts: number) => Effect.Effect<void, E, R>
    ) => Effect.Effect<void, E, R>
  }
>()("@kite/adapters/queue/ExtractionQueue") {
  static readonly layerNoDeps = Layer.effect(
    ExtractionQueue,
    Effect.gen(function* () {
      const queue = yield* PersistedQueue.make({
        name: "extraction",
        schema: ExtractionJob,
        maxAttempts,
        retrySchedule
      })
      return ExtractionQueue.of({
        offer: (job) => queue.offer(job, { id: jobId(job) }).pipe(Effect.orDie, Effect.asVoid),
        take: (handler) =>
          queue
            .take((job, { attempts }) => handler(job, attempts))
            .pipe(Effect.catchTag("PersistedQueueError", Effect.die))
      })
    })
  ).pipe(Layer.provide(PersistedQueue.layer))

  /** In Postgres. A worker that dies gives its job free after `leaseTime`; one in this process is woken by the offer. */
  static readonly layer = ExtractionQueue.layerWith({ leaseTime: "30 seconds", pollInterval: "500 millis" })

  static layerWith(options: { readonly leaseTime: Duration.Input; readonly pollInterval: Duration.Input }) {
    const lease = Duration.fromInputUnsafe(options.leaseTime)
    return ExtractionQueue.layerNoDeps.pipe(
      Layer.provide(
        PersistedQueue.layerStoreSql({
          tableName: "extraction_queue",
          pollInterval: options.pollInterval,
          lockExpiration: lease,
          lockRefreshInterval: Duration.divideUnsafe(lease, 4)
        })
      )
    )
  }

  static readonly layerMemory = ExtractionQueue.layerNoDeps.pipe(Layer.provide(PersistedQueue.layerStoreMemory))
}

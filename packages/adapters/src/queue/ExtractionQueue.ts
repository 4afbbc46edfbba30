import { ExtractionJob, type JobKey, jobId } from "@kite/domain/documents/ExtractionJob"
import { Context, Duration, Effect, Layer, Schedule } from "effect"
import { PersistedQueue } from "effect/persistence"
import { memoryBacklog } from "./MemoryBacklog.ts"
import { sqlBacklog } from "./SqlBacklog.ts"

/** How often a job is delivered at most, over three minutes with these pauses. A worker that dies with it counts. */
export const maxDeliveries = 8

const retrySchedule = Schedule.min([Schedule.exponential("2 seconds"), Schedule.spaced("1 minute")])

/** Jobs are counted up to here. */
export const maxDepth = 10_000

export interface QueueDepth {
  /** Jobs that wait or run, at most `maxDepth`. */
  readonly jobs: number
  /** Seconds since the oldest of them was offered; 0 without jobs. */
  readonly oldestSeconds: number
}

const tableName = "extraction_queue"
const queueName = "extraction"

/** Offering and taking jobs. */
const deliveries = Effect.gen(function* () {
  const queue = yield* PersistedQueue.make({
    name: queueName,
    schema: ExtractionJob,
    maxAttempts: maxDeliveries,
    retrySchedule
  })
  const offer: ExtractionQueue["Service"]["offer"] = (job) =>
    queue.offer(job, { id: jobId(job) }).pipe(Effect.orDie, Effect.asVoid)
  const take: ExtractionQueue["Service"]["take"] = (handler) =>
    queue.take((job, { attempts }) => handler(job, attempts)).pipe(Effect.catchTag("PersistedQueueError", Effect.die))
  return { offer, take }
})

/**
 * Extraction jobs, delivered at least once. A job is offered inside the transaction that writes its document, leased while a
 * worker holds it, returned on interruption, and retried with back-off; after `maxDeliveries` it is a dead letter.
 * A database that fails is a defect.
 */
export class ExtractionQueue extends Context.Service<
  ExtractionQueue,
  {
    readonly offer: (job: ExtractionJob) => Effect.Effect<void>
    /** Waits for a job and runs the handler: success acknowledges, failure retries later. `delivery` counts from 1. */
    readonly take: <E, R>(
      handler: (job: ExtractionJob, delivery: number) => Effect.Effect<void, E, R>
    ) => Effect.Effect<void, E, R>
    /** Those of the jobs that wait or run, so that a worker will still finish them. */
    readonly pending: (jobs: ReadonlyArray<JobKey>) => Effect.Effect<ReadonlyArray<JobKey>>
    readonly depth: Effect.Effect<QueueDepth>
    /** Cheap proof that the queue can be read. */
    readonly check: Effect.Effect<void>
  }
>()("@kite/adapters/queue/ExtractionQueue") {
  /** In PostgreSQL. The job of a worker that dies is free after `leaseTime`; an offer wakes a worker of this process. */
  static readonly layer = ExtractionQueue.layerWith({ leaseTime: "30 seconds", pollInterval: "500 millis" })

  static layerWith(options: { readonly leaseTime: Duration.Input; readonly pollInterval: Duration.Input }) {
    const lease = Duration.fromInputUnsafe(options.leaseTime)
    const store = PersistedQueue.layerStoreSql({
      tableName,
      pollInterval: options.pollInterval,
      lockExpiration: lease,
      lockRefreshInterval: Duration.divideUnsafe(lease, 4)
    })
    return Layer.effect(
      ExtractionQueue,
      Effect.gen(function* () {
        return ExtractionQueue.of({ ...(yield* deliveries), ...(yield* sqlBacklog(tableName, queueName, maxDepth)) })
      })
    ).pipe(Layer.provide(PersistedQueue.layer), Layer.provide(store))
  }

  static readonly layerMemory = Layer.effect(
    ExtractionQueue,
    Effect.gen(function* () {
      return ExtractionQueue.of(memoryBacklog(yield* deliveries, maxDeliveries, maxDepth))
    })
  ).pipe(Layer.provide(PersistedQueue.layer), Layer.provide(PersistedQueue.layerStoreMemory))
}

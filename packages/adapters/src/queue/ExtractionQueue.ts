import type { ExtractionJob, JobKey } from "@kite/domain/documents/ExtractionJob"
import type { UserId } from "@kite/domain/users/User"
import { Cause, Context, Duration, Effect, Exit, Layer, Option } from "effect"
import { type HeldJob, JobStore, type QueueDepth } from "./JobStore.ts"
import * as JobStorePostgres from "./JobStorePostgres.ts"

/** How often a job is handed out at most, over three minutes with these pauses; each worker that dies with it counts. */
export const maxDeliveries = 8

/** The pause after a delivery that failed: 2 s, doubled each time, a minute at most. */
const retryDelay = (delivery: number) => Duration.seconds(Math.min(2 ** delivery, 60))

export interface TakeOptions {
  /** How many jobs of one account the takers of this process hold at most; no bound without it. */
  readonly perAccount?: number
}

/**
 * Extraction jobs, at least once, in fair order. A job is offered inside the transaction that writes its document. The next one is
 * of an account with the fewest running jobs, so that nobody's backlog delays the others. A job is leased while a worker holds
 * it, given back on interruption, and retried with back-off; after `maxDeliveries` it is a dead letter.
 */
export class ExtractionQueue extends Context.Service<
  ExtractionQueue,
  {
    readonly offer: (job: ExtractionJob) => Effect.Effect<void>
    /**
     * Waits for a job and runs the handler; its success acknowledges, its failure retries later. `delivery` is 1-based. A handler
     * whose lease ran out is interrupted, and this succeeds: the job is another taker's.
     */
    readonly take: <E, R>(
      handler: (job: ExtractionJob, delivery: number) => Effect.Effect<void, E, R>,
      options?: TakeOptions
    ) => Effect.Effect<void, E, R>
    /** Waiting and running jobs. */
    readonly depth: Effect.Effect<QueueDepth>
    /** Those of the jobs that wait or run, so that a worker will still finish them. */
    readonly pending: (jobs: ReadonlyArray<JobKey>) => Effect.Effect<ReadonlyArray<JobKey>>
    /** Cheap proof that the queue can be read. */
    readonly check: Effect.Effect<void>
  }
>()("@kite/adapters/queue/ExtractionQueue") {
  static readonly layerNoDeps = Layer.effect(
    ExtractionQueue,
    Effect.gen(function* () {
      const store = yield* JobStore
      /** Jobs of each account that this process holds. */
      const held = new Map<UserId, number>()
      const count = (userId: UserId, by: number) => {
        const next = (held.get(userId) ?? 0) + by
        if (next === 0) held.delete(userId)
        else held.set(userId, next)
      }

      const claim = ({ perAccount = Number.POSITIVE_INFINITY }: TakeOptions) =>
        Effect.suspend(() => {
          const excluded = Array.from(held).flatMap(([userId, jobs]) => (jobs >= perAccount ? [userId] : []))
          return store.claim(excluded)
        })

      const settle = <E>(job: HeldJob, exit: Exit.Exit<void, E>) => {
        if (Exit.isSuccess(exit)) return store.complete(job)
        if (Cause.hasInterruptsOnly(exit.cause)) return store.release(job)
        return job.delivery >= maxDeliveries ? store.fail(job) : store.retry(job, retryDelay(job.delivery))
      }

      return ExtractionQueue.of({
        offer: store.offer,
        depth: store.depth,
        pending: store.pending,
        check: store.check,
        take: (handler, options = {}) =>
          Effect.uninterruptibleMask((restore) =>
            Effect.gen(function* () {
              let claimed = yield* claim(options)
              while (Option.isNone(claimed)) {
                yield* restore(store.changed)
                claimed = yield* claim(options)
              }
              const job = claimed.value
              const { userId } = job.job
              count(userId, 1)
              const work = Effect.raceFirst(handler(job.job, job.delivery), job.lost)
              const exit = yield* Effect.exit(restore(work))
              count(userId, -1)
              yield* settle(job, exit)
              return yield* exit
            })
          )
      })
    })
  )

  /** In Postgres. A job whose worker died is handed out again within 10 s. */
  static readonly layer = ExtractionQueue.layerWith({ leaseTime: "8 seconds", pollInterval: "500 millis" })

  static layerWith(options: { readonly leaseTime: Duration.Input; readonly pollInterval: Duration.Input }) {
    return ExtractionQueue.layerNoDeps.pipe(Layer.provide(JobStorePostgres.layer({ ...options, maxDeliveries })))
  }

  static readonly layerMemory = ExtractionQueue.layerNoDeps.pipe(Layer.provide(JobStore.layerMemory))
}

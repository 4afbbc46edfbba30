import { type ExtractionJob, type JobKey, jobId } from "@kite/domain/documents/ExtractionJob"
import type { UserId } from "@kite/domain/users/User"
import { Clock, Context, type Duration, Effect, Layer, Option, Queue } from "effect"
import * as Durations from "effect/Duration"

/** A job that a taker holds. */
export interface HeldJob {
  readonly id: string
  readonly job: ExtractionJob
  /** How often the job was handed out, from 1. */
  readonly delivery: number
  /** Completes when the lease ran out and the job may be another taker's. */
  readonly lost: Effect.Effect<void>
}

/** Jobs are counted up to here. */
export const maxDepth = 10_000

export interface QueueDepth {
  /** Jobs that wait or run, at most `maxDepth`. */
  readonly jobs: number
  /** Seconds since the oldest of them was offered; 0 without jobs. */
  readonly oldestSeconds: number
}

/**
 * Where jobs wait. Turns make the order fair: the first waiting job of every account has the same turn, the second the next one,
 * and so on, so that an account with 500 jobs delays another's first job by one.
 */
export class JobStore extends Context.Service<
  JobStore,
  {
    /** Joins the surrounding transaction. Offering a job again, also one that is done, changes nothing. */
    readonly offer: (job: ExtractionJob) => Effect.Effect<void>
    /** Of the accounts that are not excluded, one with the fewest running jobs: its job with the lowest turn. */
    readonly claim: (excluded: ReadonlyArray<UserId>) => Effect.Effect<Option.Option<HeldJob>>
    readonly complete: (job: HeldJob) => Effect.Effect<void>
    readonly retry: (job: HeldJob, delay: Duration.Duration) => Effect.Effect<void>
    /** Gives the job back at once, as if it had not been handed out. */
    readonly release: (job: HeldJob) => Effect.Effect<void>
    /** Makes the job a dead letter. */
    readonly fail: (job: HeldJob) => Effect.Effect<void>
    /** Completes when there may be a job to claim; at the latest after the poll interval. */
    readonly changed: Effect.Effect<void>
    readonly depth: Effect.Effect<QueueDepth>
    /** Those of the jobs that wait or run. */
    readonly pending: (jobs: ReadonlyArray<JobKey>) => Effect.Effect<ReadonlyArray<JobKey>>
    /** Cheap proof that the store can be read. */
    readonly check: Effect.Effect<void>
  }
>()("@kite/adapters/queue/JobStore") {
  /** In this process: an honest double for tests, without leases. */
  static readonly layerMemory = Layer.effect(
    JobStore,
    Effect.map(Effect.all([Clock.Clock, Queue.sliding<void>(1)]), ([clock, changes]) => makeMemory(clock, changes))
  )
}

interface MemoryJob {
  readonly job: ExtractionJob
  readonly sequence: number
  readonly turn: number
  readonly offeredAt: number
  state: "waiting" | "running" | "done" | "failed"
  deliveries: number
  visibleAt: number
}

const isUnfinished = ({ state }: MemoryJob) => state === "waiting" || state === "running"

const makeMemory = (clock: Clock.Clock, changes: Queue.Queue<void>) => {
  const jobs = new Map<string, MemoryJob>()
  const wake = () => Queue.offerUnsafe(changes, undefined)
  const all = () => Array.from(jobs.entries())

  const runningOf = (userId: UserId) =>
    all().filter(([, { job, state }]) => state === "running" && job.userId === userId).length

  const nextTurn = (userId: UserId) => {
    const waiting = all().flatMap(([, entry]) => (entry.state === "waiting" ? [entry] : []))
    const own = waiting.filter(({ job }) => job.userId === userId).map(({ turn }) => turn + 1)
    const first = waiting.length === 0 ? 0 : Math.min(...waiting.map(({ turn }) => turn))
    return Math.max(first, ...own)
  }

  const change = (id: string, by: (entry: MemoryJob) => void) =>
    Effect.sync(() => {
      const entry = jobs.get(id)
      if (entry?.state !== "running") return
      by(entry)
      wake()
    })

  return JobStore.of({
    offer: (job) =>
      Effect.sync(() => {
        if (jobs.has(jobId(job))) return
        const now = clock.currentTimeMillisUnsafe()
        const turn = nextTurn(job.userId)
        jobs.set(jobId(job), {
          job,
          sequence: jobs.size,
          turn,
          offeredAt: now,
          state: "waiting",
          deliveries: 0,
          visibleAt: now
        })
        wake()
      }),
    claim: (excluded) =>
      Effect.sync(() => {
        const now = clock.currentTimeMillisUnsafe()
        const [first] = all()
          .filter(
            ([, entry]) => entry.state === "waiting" && entry.visibleAt <= now && !excluded.includes(entry.job.userId)
          )
          .map(([id, entry]) => ({ id, entry, running: runningOf(entry.job.userId) }))
          .sort((a, b) => a.running - b.running || a.entry.turn - b.entry.turn || a.entry.sequence - b.entry.sequence)
        if (first === undefined) return Option.none()
        first.entry.state = "running"
        first.entry.deliveries += 1
        wake()
        return Option.some({ id: first.id, job: first.entry.job, delivery: first.entry.deliveries, lost: Effect.never })
      }),
    complete: ({ id }) =>
      change(id, (entry) => {
        entry.state = "done"
      }),
    retry: ({ id }, delay) =>
      change(id, (entry) => {
        entry.state = "waiting"
        entry.visibleAt = clock.currentTimeMillisUnsafe() + Durations.toMillis(delay)
      }),
    release: ({ id }) =>
      change(id, (entry) => {
        entry.state = "waiting"
        entry.deliveries -= 1
      }),
    fail: ({ id }) =>
      change(id, (entry) => {
        entry.state = "failed"
      }),
    changed: Effect.raceFirst(Queue.take(changes), Effect.sleep("500 millis")).pipe(Effect.asVoid, Effect.orDie),
    depth: Effect.sync(() => {
      const offered = all().flatMap(([, entry]) => (isUnfinished(entry) ? [entry.offeredAt] : []))
      const oldest = offered.length === 0 ? 0 : clock.currentTimeMillisUnsafe() - Math.min(...offered)
      return { jobs: Math.min(offered.length, maxDepth), oldestSeconds: oldest / 1_000 }
    }),
    pending: (keys) =>
      Effect.sync(() =>
        keys.filter((key) => {
          const entry = jobs.get(jobId(key))
          return entry !== undefined && isUnfinished(entry)
        })
      ),
    check: Effect.void
  })
}

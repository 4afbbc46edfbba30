import { Cause, Clock, Effect, type Exit, Metric } from "effect"
import { withJob } from "./RequestContext.ts"

/** How a job ended that did not crash: without a failure code it is finished, with one it has failed for good. */
export interface JobOutcome {
  readonly failureCode?: string | undefined
  readonly pageCount?: number | undefined
}

const counted = (outcome: string) =>
  Metric.counter("kite_jobs_total", {
    description: "Extraction jobs that ended in this process, by outcome",
    attributes: { outcome },
    incremental: true
  })
const counters = { finished: counted("finished"), failed: counted("failed"), released: counted("released") }

const duration = Metric.histogram("kite_job_duration_seconds", {
  description: "How long extraction jobs took in this process",
  boundaries: [0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600]
})

/**
 * Runs a job of the queue: its lines carry the facts of the job and the id of the request that caused it, it logs
 * `job_started` and then `job_finished`, `job_failed` (a failure code, an error or a defect) or `job_released`
 * (interrupted: the queue has it again), and the outcome is counted.
 */
export const jobScope =
  (job: {
    readonly correlationId: string
    readonly userId: string
    readonly documentId: string
    readonly attempt: number
  }) =>
  <A extends JobOutcome, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.gen(function* () {
      const clock = yield* Clock.Clock
      const startedAt = clock.monotonicTimeNanosUnsafe()
      yield* Effect.logInfo("Job started", { event: "job_started" })
      return yield* Effect.onExit(self, (exit) =>
        logEnd(exit, Number(clock.monotonicTimeNanosUnsafe() - startedAt) / 1e6)
      )
    }).pipe(withJob(job))

const logEnd = (exit: Exit.Exit<JobOutcome, unknown>, millis: number): Effect.Effect<void> => {
  const duration_ms = Math.round(millis)
  if (exit._tag === "Success") {
    const { failureCode: failure_code, pageCount: page_count } = exit.value
    return failure_code === undefined
      ? ended("finished", millis, Effect.logInfo("Job finished", { event: "job_finished", duration_ms, page_count }))
      : ended("failed", millis, Effect.logWarning("Job failed", { event: "job_failed", duration_ms, failure_code }))
  }
  return Cause.hasInterruptsOnly(exit.cause)
    ? ended("released", millis, Effect.logInfo("Job released", { event: "job_released", duration_ms }))
    : ended("failed", millis, Effect.logError("Job failed", { event: "job_failed", duration_ms }, exit.cause))
}

const ended = (outcome: keyof typeof counters, millis: number, log: Effect.Effect<void>) =>
  log.pipe(Effect.andThen(Metric.update(counters[outcome], 1)), Effect.andThen(Metric.update(duration, millis / 1_000)))

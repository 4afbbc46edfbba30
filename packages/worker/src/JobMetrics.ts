import { Duration, Effect, Metric } from "effect"

type Outcome = "finished" | "failed" | "retried" | "given_up"

const counted = (outcome: Outcome) =>
  Metric.counter("kite_jobs_total", {
    description: "Extraction jobs of this process by outcome",
    attributes: { outcome },
    incremental: true
  })
const counters: Readonly<Record<Outcome, Metric.Counter<number>>> = {
  finished: counted("finished"),
  failed: counted("failed"),
  retried: counted("retried"),
  given_up: counted("given_up")
}

const seconds = Metric.histogram("kite_job_duration_seconds", {
  description: "Duration of extractions in this process",
  boundaries: [0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600]
})

/** Counts a job that has ended. */
export const countJob = (outcome: Outcome): Effect.Effect<void> => Metric.update(counters[outcome], 1)

/** Counts a job that has ended and records the duration of its extraction. */
export const countTimedJob = (outcome: Outcome, duration: Duration.Duration): Effect.Effect<void> =>
  Effect.andThen(countJob(outcome), Metric.update(seconds, Duration.toSeconds(duration)))

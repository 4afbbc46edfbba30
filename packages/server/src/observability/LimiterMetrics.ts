import { Effect, Layer, Metric, Schedule } from "effect"
import { RateLimiter, type RateLimiterMode } from "../limits/RateLimiter.ts"

const period = "15 seconds"

const modes: ReadonlyArray<RateLimiterMode> = ["redis", "fallback", "memory"]
const gauges = modes.map((mode) => ({
  mode,
  gauge: Metric.gauge("kite_limiter_mode", {
    description:
      "1 for how this server counts rate limits: in redis, alone as a fallback of it, or in memory by choice",
    attributes: { mode }
  })
}))

/** Keeps the rate limiter's mode among the metrics. */
export const layer = Layer.effectDiscard(
  Effect.gen(function* () {
    const limiter = yield* RateLimiter
    yield* Effect.flatMap(limiter.mode, (current) =>
      Effect.forEach(gauges, ({ mode, gauge }) => Metric.update(gauge, mode === current ? 1 : 0), { discard: true })
    ).pipe(Effect.repeat(Schedule.spaced(period)), Effect.forkScoped)
  })
)

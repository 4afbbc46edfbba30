import { RefusalSampling } from "@kite/adapters/logging/RefusalSampling"
import { ClientIp } from "@kite/adapters/logging/RequestContext"
import type { PolicyVerdict, Verdict } from "@kite/domain/limits/Verdict"
import { Effect, Layer, Metric, Schedule } from "effect"
import { RateLimiter, type RateLimiterMode } from "./RateLimiter.ts"

const period = "15 seconds"

const modes: ReadonlyArray<RateLimiterMode> = ["redis", "fallback", "memory"]
const gauges = modes.map((mode) => ({
  mode,
  gauge: Metric.gauge("kite_limiter_mode", {
    description:
      "1 for the way this server counts rate limits: in Redis, alone while Redis fails, or in memory by choice",
    attributes: { mode }
  })
}))

/** Samples the limiter's mode into a gauge. */
export const layer = Layer.effectDiscard(
  Effect.gen(function* () {
    const limiter = yield* RateLimiter
    yield* Effect.flatMap(limiter.mode, (current) =>
      Effect.forEach(gauges, ({ mode, gauge }) => Metric.update(gauge, mode === current ? 1 : 0), { discard: true })
    ).pipe(Effect.repeat(Schedule.spaced(period)), Effect.forkScoped)
  })
)

// At most one per policy.
const refusals = new Map<string, Metric.Counter<number>>()

const refusalCounter = (policy: string): Metric.Counter<number> => {
  const known = refusals.get(policy)
  if (known !== undefined) return known
  const counter = Metric.counter("kite_rate_limited_total", {
    description: "Requests that a rate limit refused, by policy",
    attributes: { policy },
    incremental: true
  })
  refusals.set(policy, counter)
  return counter
}

/** The longest wait for each policy that refuses, which may do so by several networks of a client. */
const waits = (policies: ReadonlyArray<PolicyVerdict>) => {
  const longest = new Map<string, number>()
  for (const { allowed, policy, retryAfterMs } of policies)
    if (!allowed) longest.set(policy.name, Math.max(retryAfterMs, longest.get(policy.name) ?? 0))
  return longest
}

/** Counts a refused request, and logs it unless it is one of a flood, once for each policy that refuses it. */
export const recordRefusal = ({ policies }: Verdict): Effect.Effect<void> =>
  Effect.withFiber((fiber) => {
    const isLogged = fiber.getRef(RefusalSampling).admits("rate_limited", fiber.getRef(ClientIp))
    return Effect.forEach(
      waits(policies),
      ([policy, retryAfterMs]) => {
        const count = Metric.update(refusalCounter(policy), 1)
        if (!isLogged) return count
        const fields = { event: "rate_limited", policy, retry_after: Math.ceil(retryAfterMs / 1_000) }
        return Effect.andThen(Effect.logInfo("Rate limited", fields), count)
      },
      { discard: true }
    )
  })

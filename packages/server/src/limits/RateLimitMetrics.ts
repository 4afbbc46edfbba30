import type { Verdict } from "@kite/domain/limits/Verdict"
import { Effect, Metric } from "effect"

// As many as there are policies.
const refusals = new Map<string, Metric.Counter<number>>()

const refusalsOf = (policy: string): Metric.Counter<number> => {
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

/** Logs and counts a refused request, once for each policy that refuses it. */
export const recordRefusal = ({ policies }: Verdict): Effect.Effect<void> =>
  Effect.forEach(
    policies.filter(({ allowed }) => !allowed),
    ({ policy: { name: policy }, retryAfterMs }) =>
      Effect.logInfo("Rate limited", {
        event: "rate_limited",
        policy,
        retry_after: Math.ceil(retryAfterMs / 1_000)
      }).pipe(Effect.andThen(Metric.update(refusalsOf(policy), 1))),
    { discard: true }
  )

import type { RateLimitPolicy } from "./RateLimitPolicy.ts"
import type { Decision } from "./SlidingWindow.ts"

/** A charge of `cost` units (1 unless said otherwise) to one subject under one policy. */
export interface Charge {
  readonly policy: RateLimitPolicy
  readonly subject: string
  readonly cost?: number | undefined
}

/** What one policy says. Milliseconds. */
export interface PolicyVerdict {
  readonly policy: RateLimitPolicy
  readonly allowed: boolean
  /** Units left after this request. */
  readonly remaining: number
  /** When the request would be admitted; 0 if it was. */
  readonly retryAfterMs: number
  /** When the oldest live unit leaves the window. */
  readonly resetMs: number
}

/** What all policies of a request say. It is admitted by all or charged to none. */
export interface Verdict {
  readonly allowed: boolean
  readonly policies: ReadonlyArray<PolicyVerdict>
}

/** Joins the decisions on each charge, in their order. */
export const settle = (
  charges: ReadonlyArray<Charge>,
  decisions: ReadonlyArray<Pick<Decision, "allowed" | "available" | "retryAfterMs" | "resetMs">>
): Verdict => {
  const allowed = decisions.every((decision) => decision.allowed)
  const policies: Array<PolicyVerdict> = []
  for (const [index, { policy, cost = 1 }] of charges.entries()) {
    const decision = decisions[index]
    if (decision === undefined) continue
    policies.push({
      policy,
      allowed: decision.allowed,
      remaining: allowed ? decision.available - cost : decision.available,
      retryAfterMs: decision.retryAfterMs,
      // The first unit of a window is its oldest.
      resetMs: allowed && decision.resetMs === 0 ? policy.windowMs : decision.resetMs
    })
  }
  return { allowed, policies }
}

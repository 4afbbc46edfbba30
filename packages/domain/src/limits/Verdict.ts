import type { RateLimitPolicy } from "./RateLimitPolicy.ts"
import type { Decision } from "./SlidingWindow.ts"

/** A charge of `cost` units (default 1) to one subject under one policy. */
export interface Charge {
  readonly policy: RateLimitPolicy
  readonly subject: string
  readonly cost?: number | undefined
}

/** The decision of one policy. All times in ms. */
export interface PolicyVerdict {
  readonly policy: RateLimitPolicy
  readonly allowed: boolean
  /** Units left after this request. */
  readonly remaining: number
  /** How long until the request would be admitted; 0 if it was. */
  readonly retryAfterMs: number
  /** How long until the oldest live unit leaves the window. */
  readonly resetMs: number
}

/** The decisions of all policies of a request. Either all admit it and are charged, or none is charged. */
export interface Verdict {
  readonly allowed: boolean
  readonly policies: ReadonlyArray<PolicyVerdict>
}

/** Combines the decisions on the charges, in the same order. */
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
      // A window that was empty now has this request as its oldest unit.
      resetMs: allowed && decision.resetMs === 0 ? policy.windowMs : decision.resetMs
    })
  }
  return { allowed, policies }
}

import type { RateLimitPolicy } from "./RateLimitPolicy.ts"
import type { Decision } from "./SlidingWindow.ts"

/** One subject under one policy: what has a window of its own. */
export interface WindowName {
  readonly policy: Pick<RateLimitPolicy, "name">
  readonly subject: string
  /** One of several parts of the subject, such as one device of an account: each has a window of its own. */
  readonly part?: string | undefined
}

/** A charge of `cost` units (default 1) to one window. */
export interface Charge extends WindowName {
  readonly policy: RateLimitPolicy
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

/** A verdict, and when it charged each policy, by the clock of the store: what giving a unit back needs. */
export interface TimedVerdict extends Verdict {
  readonly times: ReadonlyArray<number>
}

/** Combines the decisions on the charges, in the same order. */
export const settle = (
  charges: ReadonlyArray<Charge>,
  decisions: ReadonlyArray<Omit<Decision, "dead">>
): TimedVerdict => {
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
  return { allowed, policies, times: decisions.map(({ now }) => now) }
}

/** The verdict of a policy after `units` of its window have been given back. */
export const givenBack = (verdict: PolicyVerdict, units: number): PolicyVerdict => {
  const remaining = Math.min(verdict.policy.limit, verdict.remaining + units)
  return { ...verdict, remaining, resetMs: remaining === verdict.policy.limit ? 0 : verdict.resetMs }
}

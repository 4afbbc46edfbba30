import type { RateLimitPolicy } from "./RateLimitPolicy.ts"

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

import type { RateLimit } from "./RateLimit.ts"

/**
 * The exact sliding window: cost `c` is admitted at time `t` iff the units admitted after `t - window` and `c` together
 * stay within the limit. So no window of that length, wherever it begins, ever holds more than the limit, and nothing is
 * refused that would not break this. (Fixed windows, token buckets and GCRA admit up to twice the limit in one window.)
 */
export interface Decision {
  readonly allowed: boolean
  /** Units that were left before this decision. */
  readonly available: number
  /** When the same cost will be admitted if nothing else is; 0 when allowed. A cost above the limit never is: the window. */
  readonly retryAfterMs: number
  /** When the oldest live unit leaves; 0 when there is none. */
  readonly resetMs: number
  /** The clock, never before the newest admission: a step back must not reorder. */
  readonly now: number
  /** How many of the oldest times have left the window. */
  readonly dead: number
}

/** `times`: one entry per admitted unit, oldest first. Milliseconds throughout. Reads only. */
export const decide = (times: ReadonlyArray<number>, clock: number, rule: RateLimit, cost: number): Decision => {
  const now = Math.max(clock, times.at(-1) ?? clock)
  const dead = countUntil(times, now - rule.windowMs)
  const live = times.length - dead
  const allowed = live + cost <= rule.limit
  return {
    allowed,
    available: Math.max(0, rule.limit - live),
    retryAfterMs: allowed ? 0 : retryAfter(times, now, rule, cost),
    resetMs: live === 0 ? 0 : (times[dead] ?? now) + rule.windowMs - now,
    now,
    dead
  }
}

/** Room for `cost` comes when the unit leaves that is the (limit - cost + 1)th from the newest. */
const retryAfter = (times: ReadonlyArray<number>, now: number, { limit, windowMs }: RateLimit, cost: number) =>
  cost > limit ? windowMs : (times[times.length - 1 - (limit - cost)] ?? now) + windowMs - now

/** How many times are not after `bound`; they are sorted. */
const countUntil = (times: ReadonlyArray<number>, bound: number): number => {
  let low = 0
  let high = times.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((times[middle] ?? 0) <= bound) low = middle + 1
    else high = middle
  }
  return low
}

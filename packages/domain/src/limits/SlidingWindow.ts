import type { RateLimit } from "./RateLimit.ts"

/**
 * The exact sliding window: cost `c` is admitted at time `t` if and only if the units admitted after `t - window`, plus `c`, are
 * within the limit. So no window of that length ever holds more than the limit, wherever it begins, and nothing else is refused.
 * (Fixed windows, token buckets and GCRA admit up to twice the limit in one window.)
 */
export interface Decision {
  readonly allowed: boolean
  /** Units left before this decision. */
  readonly available: number
  /** How long until the same cost is admitted, if nothing else is; 0 when allowed. The window for a cost above the limit. */
  readonly retryAfterMs: number
  /** How long until the oldest live unit leaves the window; 0 when there is none. */
  readonly resetMs: number
  /** The clock, but never before the newest admission, so that a clock that steps back does not reorder them. */
  readonly now: number
  /** How many of the oldest times have left the window. */
  readonly dead: number
}

/** Decides and changes nothing. `times`: one entry per admitted unit, oldest first. All times in ms. */
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

/** There is room for `cost` once the (limit - cost + 1)th newest unit has left. */
const retryAfter = (times: ReadonlyArray<number>, now: number, { limit, windowMs }: RateLimit, cost: number) =>
  cost > limit ? windowMs : (times[times.length - 1 - (limit - cost)] ?? now) + windowMs - now

/** How many of the sorted times are not after `bound`. */
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

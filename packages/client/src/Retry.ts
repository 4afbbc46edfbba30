import { sleep } from "./Deadline.ts"
import { ConnectionError, ProblemError } from "./Problem.ts"

export interface RetryOptions {
  /** Retries after the first attempt; 3 by default. */
  readonly retries?: number | undefined
  /** The longest time to wait before a retry, in ms; one minute by default. If kite asks for more, the call fails at once. */
  readonly maxRetryDelayMs?: number | undefined
}

/**
 * When a call may be sent again. `safe`: also if its outcome is unknown, because a second time changes nothing. `refused`: only if
 * kite did not do it. `never`: its body can be read only once.
 */
export type Repeat = "safe" | "refused" | "never"

/** A conflict that ends by itself says when. */
const isRefusal = ({ problem: { status }, retryAfterMs }: ProblemError) =>
  status === 429 || status === 503 || (status === 409 && retryAfterMs !== undefined)
/** What a proxy returns if it cannot reach kite. */
const isGatewayFailure = (status: number) => status === 502 || status === 504

/** 0.3 s, 0.6 s, 1.2 s and so on, less up to a half at random, so that clients do not come back all at once. */
const backOff = (failures: number) => 300 * 2 ** failures * (1 - Math.random() / 2)

/** How long to wait before the next attempt, in ms; undefined if the error is final. */
const delayAfter = (error: unknown, repeat: Repeat, failures: number) => {
  if (repeat === "never") return undefined
  if (error instanceof ConnectionError) return repeat === "safe" ? backOff(failures) : undefined
  if (!(error instanceof ProblemError)) return undefined
  const mayRepeat = isRefusal(error) || (repeat === "safe" && isGatewayFailure(error.problem.status))
  return mayRepeat ? (error.retryAfterMs ?? backOff(failures)) : undefined
}

/** Runs the attempt until it succeeds, its error is final, or no retries are left. */
export const withRetries = async <A>(
  attempt: (failures: number) => Promise<A>,
  repeat: Repeat,
  { retries = 3, maxRetryDelayMs = 60_000 }: RetryOptions,
  signal?: AbortSignal
): Promise<A> => {
  for (let failures = 0; ; failures++) {
    try {
      return await attempt(failures)
    } catch (error) {
      const delay = delayAfter(error, repeat, failures)
      if (delay === undefined || failures >= retries || delay > maxRetryDelayMs) throw error
      await sleep(delay, signal)
    }
  }
}

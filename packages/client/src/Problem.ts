import type { Problem } from "./Contract.ts"

/** An error response that is no problem of kite, such as one of a proxy. */
export interface ForeignProblem {
  readonly type: "about:blank"
  readonly status: number
  readonly title: string
}

/**
 * kite refused the request. `problem.type` tells why, and which members `problem` has. Later versions of kite may return
 * further types.
 */
export class ProblemError extends Error {
  override readonly name = "ProblemError"
  readonly problem: Problem | ForeignProblem
  /** How long to wait before a retry, in ms; undefined if the response does not say. */
  readonly retryAfterMs: number | undefined

  constructor(problem: Problem | ForeignProblem, retryAfterMs?: number) {
    super("detail" in problem ? `${problem.title}: ${problem.detail}` : problem.title)
    this.problem = problem
    this.retryAfterMs = retryAfterMs
  }
}

/** The connection failed, or broke before the response was complete. `cause` is the error of the runtime. */
export class ConnectionError extends Error {
  override readonly name = "ConnectionError"
}

type Type = Problem["type"]

/** Whether an error is the problem of this type. */
export const isProblem = <T extends Type>(
  error: unknown,
  type: T
): error is ProblemError & { readonly problem: Extract<Problem, { readonly type: T }> } =>
  error instanceof ProblemError && error.problem.type === type

/** `Retry-After` (RFC 9110 section 10.2.3): seconds or a date. */
const retryAfter = (value: string | null) => {
  if (value === null) return undefined
  const ms = /^\d+$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - Date.now()
  return Number.isNaN(ms) ? undefined : Math.max(0, ms)
}

/** The error that a response with a status of 400 or above stands for. */
export const errorOf = async (response: Response): Promise<ProblemError> => {
  const { status, statusText, headers } = response
  const text = await response.text()
  const isProblem = headers.get("content-type")?.startsWith("application/problem+json") === true
  const foreign: ForeignProblem = { type: "about:blank", status, title: statusText || `HTTP status ${status}` }
  return new ProblemError(isProblem ? JSON.parse(text) : foreign, retryAfter(headers.get("retry-after")))
}

/** Aborts what runs under its `signal` with the caller's reason, or with a TimeoutError after so many ms without progress. */
export class Deadline {
  readonly #controller = new AbortController()
  readonly #ms: number
  readonly #outer: AbortSignal | undefined
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(ms: number, outer?: AbortSignal) {
    this.#ms = ms
    this.#outer = outer
    if (outer?.aborted) this.#abort()
    outer?.addEventListener("abort", this.#abort)
    this.extend()
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** Starts the time again. */
  readonly extend = (): void => {
    this.pause()
    this.#timer = setTimeout(() => this.#controller.abort(timeoutError(this.#ms)), this.#ms)
  }

  /** Stops the time, until it is extended. */
  pause(): void {
    clearTimeout(this.#timer)
  }

  /** Aborts what is left, such as the body of a request that was refused before it was sent. */
  end(): void {
    this.pause()
    this.#outer?.removeEventListener("abort", this.#abort)
    this.#controller.abort()
  }

  readonly #abort = (): void => this.#controller.abort(this.#outer?.reason)
}

/** The error of a time-out, as AbortSignal.timeout() has it. */
export const timeoutError = (ms: number): DOMException => new DOMException(`No end after ${ms} ms`, "TimeoutError")

/** Waits for so many ms; rejects when the signal aborts. */
export const sleep = (ms: number, signal?: AbortSignal): Promise<void> => {
  let timer: ReturnType<typeof setTimeout> | undefined
  const over = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms)
  })
  return orAborted(over, signal).finally(() => clearTimeout(timer))
}

/** The promise's result; rejects when the signal aborts. */
export const orAborted = <A>(promise: Promise<A>, signal?: AbortSignal): Promise<A> => {
  if (signal === undefined) return promise
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason)
    if (signal.aborted) abort()
    signal.addEventListener("abort", abort)
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort))
  })
}

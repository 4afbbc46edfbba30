import { Deadline, orAborted } from "./Deadline.ts"
import { ConnectionError, errorOf, ProblemError } from "./Problem.ts"
import { type Repeat, type RetryOptions, withRetries } from "./Retry.ts"

/** Options of every call. */
export interface CallOptions {
  readonly signal?: AbortSignal | undefined
  /** Time limit of an attempt in ms; of an upload and a download, the longest pause. 30 seconds by default. */
  readonly timeoutMs?: number | undefined
}

export interface HttpOptions extends Pick<CallOptions, "timeoutMs">, RetryOptions {
  /** Replaces `globalThis.fetch`. */
  readonly fetch?: typeof globalThis.fetch | undefined
}

/** One request; `path` starts with `/`. */
export interface Request extends CallOptions {
  readonly method: string
  readonly path: string
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly json?: unknown
  /** Whether a browser sends and stores cookies; it does not by default. */
  readonly credentials?: "include" | undefined
  readonly repeat: Repeat
}

export interface Init extends Omit<RequestInit, "method" | "headers"> {
  readonly method: string
  readonly headers: Record<string, string>
}

/** How a request gets to kite. Rejects as fetch does; extends the deadline when it makes progress. */
export type Send = (url: string, init: Init, deadline: Deadline) => Promise<Response>

const defaultTimeout = 30_000
const jsonType = { "content-type": "application/json" }

/** Requests with a time limit and retries, whose failures are ProblemErrors and ConnectionErrors. */
export class Http {
  readonly #base: string
  readonly #options: HttpOptions
  readonly fetch: Send

  constructor(base: string, options: HttpOptions) {
    this.#base = base.replace(/\/+$/, "")
    this.#options = options
    // Browsers call fetch only as a method of the global object.
    const { fetch = (url, init) => globalThis.fetch(url, init) } = options
    this.fetch = (url, init) => fetch(url, init)
  }

  timeoutOf({ timeoutMs = this.#options.timeoutMs ?? defaultTimeout }: CallOptions): number {
    return timeoutMs
  }

  deadline(options: CallOptions): Deadline {
    return new Deadline(this.timeoutOf(options), options.signal)
  }

  /** Repeats an attempt as the request allows. */
  retry<A>(
    attempt: (failures: number) => Promise<A>,
    { repeat, signal }: Pick<Request, "repeat" | "signal">
  ): Promise<A> {
    return withRetries(attempt, repeat, this.#options, signal)
  }

  /** Sends the request once. The response has a status below 400; its body is read under the same deadline. */
  async send(request: Request, deadline: Deadline, send: Send = this.fetch): Promise<Response> {
    const { method, path, json, credentials = "omit", headers = {} } = request
    const content =
      json === undefined ? { headers } : { headers: { ...headers, ...jsonType }, body: JSON.stringify(json) }
    const init: Init = { method, credentials, signal: deadline.signal, ...content }
    return this.connected(deadline, async () => {
      const response = await send(this.#base + path, init, deadline)
      if (response.status >= 400) throw await errorOf(response)
      return response
    })
  }

  /** Sends the request once and reads the whole response. */
  async once<A>(request: Request, read: (response: Response) => Promise<A>, send?: Send): Promise<A> {
    const deadline = this.deadline(request)
    try {
      const response = await this.send(request, deadline, send)
      return await this.connected(deadline, () => read(response))
    } finally {
      deadline.end()
    }
  }

  /** Makes of every failure of the runtime the reason of the abort, or a ConnectionError. */
  async connected<A>({ signal }: Deadline, run: () => Promise<A>): Promise<A> {
    try {
      return await orAborted(run(), signal)
    } catch (error) {
      if (signal.aborted) throw signal.reason
      if (error instanceof ProblemError) throw error
      throw new ConnectionError("The connection to kite failed", { cause: error })
    }
  }
}

import { RedisError } from "@kite/adapters/redis/Redis"
import type { Charge, Verdict } from "@kite/domain/limits/Verdict"
import { Context, Effect, Exit } from "effect"
import type { Redis as Client } from "ioredis"
import { readReplies, scriptArguments, windowScript, windowScriptSha } from "./SlidingWindowScript.ts"

/** At most this many requests go in one command, which keeps Redis busy for a quarter of a millisecond. */
const maxRequests = 32
/** How long a check waits for Redis, in ms. Tests that are not about time set it higher, for busy machines. */
export const RedisTimeout = Context.Reference<number>("@kite/server/limits/RedisTimeout", {
  defaultValue: () => 100
})

interface Waiting {
  readonly charges: ReadonlyArray<Charge>
  readonly resume: (exit: Exit.Exit<Verdict, RedisError>) => void
}

/**
 * The admission times of all servers, in Redis. The requests of one turn of the event loop go in one command: an EVALSHA, and an EVAL
 * only where Redis has lost the script.
 */
export class RedisWindows {
  readonly #client: Client
  readonly #timeout: number
  #waiting: Array<Waiting> = []

  /** `timeout`: how long a check waits, in ms. */
  constructor(client: Client, timeout: number) {
    this.#client = client
    this.#timeout = timeout
  }

  /** Charges all or none. */
  check(charges: ReadonlyArray<Charge>): Effect.Effect<Verdict, RedisError> {
    return Effect.callback((resume) => {
      if (this.#waiting.push({ charges, resume }) === 1) setImmediate(() => this.#flush())
    })
  }

  /** Cheap proof that Redis responds. */
  get ping(): Effect.Effect<void, RedisError> {
    return Effect.tryPromise({
      try: () => this.#client.ping(),
      catch: (cause) => new RedisError({ cause })
    })
  }

  #flush(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (let start = 0; start < waiting.length; start += maxRequests)
      this.#send(waiting.slice(start, start + maxRequests))
  }

  #send(requests: ReadonlyArray<Waiting>): void {
    const charges = requests.map((request) => request.charges)
    const given = scriptArguments(charges)
    const fail = (cause: unknown) => {
      const failure = Exit.fail(new RedisError({ cause }))
      for (const { resume } of requests) resume(failure)
    }
    // If this process was blocked, the reply may have arrived unread: it is read before the immediate runs.
    const late = setTimeout(
      () => setImmediate(fail, new Error(`Redis did not respond within ${this.#timeout} ms`)),
      this.#timeout
    )
    this.#client
      .evalsha(windowScriptSha, ...given)
      .catch((cause) => (isMissing(cause) ? this.#client.eval(windowScript, ...given) : Promise.reject(cause)))
      .then((reply) => {
        const verdicts = readReplies(charges, reply as ReadonlyArray<number>)
        for (const [index, verdict] of verdicts.entries()) requests[index]?.resume(Exit.succeed(verdict))
      })
      .catch(fail)
      .finally(() => clearTimeout(late))
  }
}

const isMissing = (cause: unknown) => cause instanceof Error && cause.message.startsWith("NOSCRIPT")

import { RedisError } from "@kite/adapters/redis/Redis"
import type { Charge, TimedVerdict, WindowName } from "@kite/domain/limits/Verdict"
import { Context, Effect, Exit } from "effect"
import type { Redis as Client } from "ioredis"
import { readReplies, scriptArguments, windowKey, windowScript, windowScriptSha } from "./SlidingWindowScript.ts"

/** At most this many requests go in one command, which keeps Redis busy for a quarter of a millisecond. */
const maxRequests = 32
/** How long a check waits for Redis, in ms. Tests that are not about time set it higher, for busy machines. */
export const RedisTimeout = Context.Reference<number>("@kite/server/limits/RedisTimeout", {
  defaultValue: () => 100
})

interface Waiting {
  readonly charges: ReadonlyArray<Charge>
  readonly resume: (exit: Exit.Exit<TimedVerdict, RedisError>) => void
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
  check(charges: ReadonlyArray<Charge>): Effect.Effect<TimedVerdict, RedisError> {
    return Effect.callback((resume) => {
      if (this.#waiting.push({ charges, resume }) === 1) setImmediate(() => this.#flush())
    })
  }

  /** Gives back what was charged at these times. An entry that has been cleared since is not there: nothing is given back. */
  giveBack(charges: ReadonlyArray<Charge>, times: ReadonlyArray<number>): Effect.Effect<void, RedisError> {
    return this.#command(() =>
      Promise.all(
        charges.map((charge, index) => this.#client.lrem(windowKey(charge), -(charge.cost ?? 1), times[index] ?? 0))
      )
    )
  }

  clear(window: WindowName): Effect.Effect<void, RedisError> {
    return this.#command(() => this.#client.unlink(windowKey(window)))
  }

  /** Clears the windows of all parts of the subject. */
  clearParts(subject: WindowName): Effect.Effect<void, RedisError> {
    const parts = partsKey(subject)
    return this.#command(async () => this.#client.unlink(parts, ...(await this.#client.smembers(parts))))
  }

  /** Cheap proof that Redis responds. */
  get ping(): Effect.Effect<void, RedisError> {
    return this.#command(() => this.#client.ping())
  }

  #command(run: () => Promise<unknown>): Effect.Effect<void, RedisError> {
    return Effect.tryPromise({ try: run, catch: (cause) => new RedisError({ cause }) })
  }

  /** Lists the key of a part with its subject, so that `clearParts` finds it. Goes before the charge, on the same connection. */
  #listPart(charge: Charge): void {
    const parts = partsKey(charge)
    this.#client
      .multi()
      .sadd(parts, windowKey(charge))
      .pexpire(parts, 2 * charge.policy.windowMs)
      .exec()
      // Then the charge fails too, which is reported.
      .catch(() => {})
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
    for (const request of charges) for (const charge of request) if (charge.part !== undefined) this.#listPart(charge)
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

/** The set of the keys of a subject's parts. No part is named so: `*` is hashed in the name of a part. */
const partsKey = ({ policy, subject }: WindowName) => `${windowKey({ policy, subject })}:*`

const isMissing = (cause: unknown) => cause instanceof Error && cause.message.startsWith("NOSCRIPT")

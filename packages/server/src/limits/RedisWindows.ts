import { RedisError } from "@kite/adapters/redis/Redis"
import { type Charge, settle, type Verdict } from "@kite/domain/limits/Verdict"
import { Context, Effect, Exit } from "effect"
import type { Redis as Client } from "ioredis"
import { windowScript, windowScriptSha } from "./SlidingWindowScript.ts"
import { windowKey } from "./WindowKey.ts"

/** Requests in one command at most: it holds Redis for a quarter of a millisecond. */
const maxRequests = 32
/** How long a check waits for Redis, in ms; a test whose subject is not time may give a busy machine more. */
export const RedisPatience = Context.Reference<number>("@kite/server/limits/RedisPatience", {
  defaultValue: () => 100
})

interface Waiting {
  readonly charges: ReadonlyArray<Charge>
  readonly resume: (exit: Exit.Exit<Verdict, RedisError>) => void
}

/** The windows in Redis. The requests of one turn of the event loop go in one command: one EVALSHA, and after a lost script one EVAL. */
export class RedisWindows {
  readonly #client: Client
  readonly #patience: number
  #waiting: Array<Waiting> = []

  constructor(client: Client, patience: number) {
    this.#client = client
    this.#patience = patience
  }

  check(charges: ReadonlyArray<Charge>): Effect.Effect<Verdict, RedisError> {
    return Effect.callback((resume) => {
      if (this.#waiting.push({ charges, resume }) === 1) setImmediate(() => this.#flush())
    })
  }

  /** Cheap proof that Redis answers. */
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
    // When this process was held up, the reply may be there unread: it is read before the immediate runs.
    const late = setTimeout(
      () => setImmediate(fail, new Error(`Redis did not answer within ${this.#patience} ms`)),
      this.#patience
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

/** What follows the script: the number of keys, the keys, then limit, window, cost and the request's end for each. */
export const scriptArguments = (
  requests: ReadonlyArray<ReadonlyArray<Charge>>
): [number, ...Array<string | number>] => {
  const keys: Array<string | number> = []
  const rules: Array<string | number> = []
  for (const charges of requests) {
    for (let index = 0; index < charges.length; index++) {
      const charge = charges[index]
      if (charge === undefined) continue
      keys.push(windowKey(charge))
      rules.push(charge.policy.limit, charge.policy.windowMs, charge.cost ?? 1, index === charges.length - 1 ? 1 : 0)
    }
  }
  return [keys.length, ...keys, ...rules]
}

/** The verdict on each request. */
export const readReplies = (
  requests: ReadonlyArray<ReadonlyArray<Charge>>,
  reply: ReadonlyArray<number>
): ReadonlyArray<Verdict> => {
  let at = 0
  const decision = () => ({
    allowed: reply[at++] === 1,
    available: reply[at++] ?? 0,
    retryAfterMs: reply[at++] ?? 0,
    resetMs: reply[at++] ?? 0
  })
  return requests.map((charges) => settle(charges, charges.map(decision)))
}

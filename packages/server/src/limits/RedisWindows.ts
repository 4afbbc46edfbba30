import { RedisError } from "@kite/adapters/redis/Redis"
import { type Charge, settle, type Verdict } from "@kite/domain/limits/Verdict"
import { Effect } from "effect"
import type { Redis as Client } from "ioredis"
import { windowKey } from "./WindowKey.ts"
import { windowScript, windowScriptSha } from "./WindowScript.ts"

const isMissing = (cause: unknown) => cause instanceof Error && cause.message.startsWith("NOSCRIPT")

/** The arguments that follow the script: the number of keys, the keys, and limit, window and cost of each. */
export const scriptArguments = (charges: ReadonlyArray<Charge>): [number, ...Array<string | number>] => {
  const keys: Array<string | number> = []
  const rules: Array<string | number> = []
  for (const charge of charges) {
    keys.push(windowKey(charge))
    rules.push(charge.policy.limit, charge.policy.windowMs, charge.cost ?? 1)
  }
  return [charges.length, ...keys, ...rules]
}

export const readReply = (charges: ReadonlyArray<Charge>, reply: unknown): Verdict => {
  const numbers = reply as ReadonlyArray<number>
  const decisions = charges.map((_, index) => ({
    allowed: numbers[4 * index] === 1,
    available: numbers[4 * index + 1] ?? 0,
    retryAfterMs: numbers[4 * index + 2] ?? 0,
    resetMs: numbers[4 * index + 3] ?? 0
  }))
  return settle(charges, decisions)
}

/** Checks in Redis: one EVALSHA; one EVAL more after Redis has lost the script. */
export const checkInRedis = (client: Client, charges: ReadonlyArray<Charge>): Effect.Effect<Verdict, RedisError> =>
  Effect.callback((resume) => {
    const given = scriptArguments(charges)
    client
      .evalsha(windowScriptSha, ...given)
      .catch((cause) => (isMissing(cause) ? client.eval(windowScript, ...given) : Promise.reject(cause)))
      .then(
        (reply) => resume(Effect.succeed(readReply(charges, reply))),
        (cause) => resume(Effect.fail(new RedisError({ cause })))
      )
  })

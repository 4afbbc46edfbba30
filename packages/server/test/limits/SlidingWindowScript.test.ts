import { assert } from "@effect/vitest"
import { connect } from "@kite/adapters/redis/Redis"
import { decide } from "@kite/domain/limits/SlidingWindow"
import { type Charge, settle } from "@kite/domain/limits/Verdict"
import { TestRedis } from "@kite/testkit/redis/TestRedis"
import { suite } from "@kite/testkit/Suite"
import { Effect } from "effect"
import fc from "fast-check"
import type { Redis } from "ioredis"
import { MemoryWindows } from "../../src/limits/MemoryWindows.ts"
import { readReplies, scriptArguments, windowKey, windowScript } from "../../src/limits/SlidingWindowScript.ts"

// Long in real time, since Redis expires keys by its own clock; the script's clock is injected.
const windowMs = 60_000
const policies = [
  { name: "auth-ip", limit: 3, windowMs },
  { name: "ip", limit: 5, windowMs },
  { name: "account", limit: 1, windowMs: 2 * windowMs }
] as const

const clockLines = /local time = .*\nlocal clock = .*\n/
const scriptWithClock = windowScript.replace(clockLines, "local clock = tonumber(ARGV[#ARGV])\n")

const request = fc
  .tuple(
    fc.subarray([0, 1, 2], { minLength: 1 }),
    fc.tuple(...policies.map(({ limit }) => fc.oneof(fc.constant(1), fc.integer({ min: 1, max: limit + 1 }))))
  )
  .map(([chosen, costs]) =>
    chosen.flatMap((index) => {
      const policy = policies[index]
      return policy === undefined ? [] : [{ policy, cost: costs[index] ?? 1 }]
    })
  )

/** Requests that reach Redis in one command, and by how much the clock has moved since the last command. */
const command = fc.record({
  dt: fc.constantFrom(0, 0, 1, 500, windowMs / 4, windowMs - 1, windowMs, windowMs + 1, -1, -windowMs),
  requests: fc.array(request, { minLength: 1, maxLength: 3 })
})

type Command = typeof command extends fc.Arbitrary<infer A> ? A : never

/** The specification itself: `decide` on plain arrays. */
class Model {
  readonly times = new Map<string, ReadonlyArray<number>>()

  check(charges: ReadonlyArray<Charge>, clock: number) {
    const decisions = charges.map((charge) =>
      decide(this.times.get(charge.policy.name) ?? [], clock, charge.policy, charge.cost ?? 1)
    )
    const verdict = settle(charges, decisions)
    if (verdict.allowed) {
      for (const [index, { policy, cost = 1 }] of charges.entries()) {
        const times = this.times.get(policy.name) ?? []
        this.times.set(policy.name, [...times, ...Array<number>(cost).fill(decisions[index]?.now ?? clock)])
      }
    }
    return verdict
  }
}

let runs = 0

const play = async (client: Redis, commands: ReadonlyArray<Command>) => {
  const subject = `run-${++runs}`
  const keys = policies.map((policy) => windowKey({ policy, subject }))
  const model = new Model()
  const memory = new MemoryWindows()
  let clock = 1_700_000_000_000
  let before: ReadonlyArray<ReadonlyArray<string>> = policies.map(() => [])
  for (const { dt, requests } of commands) {
    clock += dt
    const charged = requests.map((charges) => charges.map((charge) => ({ ...charge, subject })))
    const expected = charged.map((charges) => model.check(charges, clock))
    const [reply, after, ttls] = await Promise.all([
      client.eval(scriptWithClock, ...scriptArguments(charged), clock),
      Promise.all(keys.map((key) => client.lrange(key, 0, -1))),
      Promise.all(keys.map((key) => client.pttl(key)))
    ])
    assert.deepStrictEqual(readReplies(charged, reply as ReadonlyArray<number>), expected, "Redis")
    assert.deepStrictEqual(
      charged.map((charges) => memory.check(charges, clock)),
      expected,
      "memory"
    )
    if (expected.every(({ allowed }) => !allowed)) assert.deepStrictEqual(after, before)
    for (const [index, { limit, windowMs }] of policies.entries()) {
      const [entries, ttl] = [after[index] ?? [], ttls[index] ?? 0]
      assert.isAtMost(entries.length, limit)
      if (entries.length > 0) assert.isTrue(0 < ttl && ttl <= 1.25 * windowMs)
    }
    before = after
  }
  for (const policy of policies) {
    const times = model.times.get(policy.name) ?? []
    for (const [index, start] of times.entries()) {
      const within = times.slice(index).filter((time) => time < start + policy.windowMs)
      assert.isAtMost(within.length, policy.limit)
    }
  }
  await client.unlink(...keys)
}

suite(TestRedis.layer)("the script in Redis, and the store in memory", (it) => {
  it.effect(
    "decide as the model does, for any clock, costs, policies and batches",
    () =>
      Effect.gen(function* () {
        assert.notStrictEqual(scriptWithClock, windowScript)
        const client = yield* connect((yield* TestRedis).url)
        const property = fc.asyncProperty(fc.array(command, { minLength: 1, maxLength: 8 }), (commands) =>
          play(client, commands)
        )
        yield* Effect.promise(() => fc.assert(property, { numRuns: 1_000 }))
      }),
    120_000
  )
})

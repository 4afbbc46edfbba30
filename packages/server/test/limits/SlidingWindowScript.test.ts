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
import { RedisWindows } from "../../src/limits/RedisWindows.ts"
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

/**
 * Requests that reach Redis in one command, and by how much the clock has moved since the last command. Before them, `undo` chooses
 * one of the admitted requests of the run, if there is one, and gives its units back, perhaps for the second time.
 */
const command = fc.record({
  undo: fc.oneof(
    { arbitrary: fc.constant(undefined), weight: 2 },
    { arbitrary: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), weight: 1 }
  ),
  dt: fc.constantFrom(0, 0, 1, 500, windowMs / 4, windowMs - 1, windowMs, windowMs + 1, -1, -windowMs),
  requests: fc.array(request, { minLength: 1, maxLength: 3 })
})

type Command = typeof command extends fc.Arbitrary<infer A> ? A : never

/** The specification itself: `decide` on plain arrays, without the units that had expired when another was admitted. */
class Model {
  readonly times = new Map<string, ReadonlyArray<number>>()
  /** Every unit that was admitted and not given back. */
  readonly history = new Map<string, ReadonlyArray<number>>()

  check(charges: ReadonlyArray<Charge>, clock: number) {
    const decisions = charges.map((charge) =>
      decide(this.times.get(charge.policy.name) ?? [], clock, charge.policy, charge.cost ?? 1)
    )
    const verdict = settle(charges, decisions)
    if (verdict.allowed) {
      for (const [index, { policy, cost = 1 }] of charges.entries()) {
        const units = Array<number>(cost).fill(decisions[index]?.now ?? clock)
        const live = this.times.get(policy.name)?.slice(decisions[index]?.dead) ?? []
        this.times.set(policy.name, [...live, ...units])
        this.history.set(policy.name, [...(this.history.get(policy.name) ?? []), ...units])
      }
    }
    return verdict
  }

  giveBack(charges: ReadonlyArray<Charge>, admitted: ReadonlyArray<number>) {
    for (const [index, { policy, cost = 1 }] of charges.entries()) {
      for (const units of [this.times, this.history]) {
        const times = [...(units.get(policy.name) ?? [])]
        for (let unit = 0; unit < cost; unit++) {
          const at = times.lastIndexOf(admitted[index] ?? Number.NaN)
          if (at >= 0) times.splice(at, 1)
        }
        units.set(policy.name, times)
      }
    }
  }
}

let runs = 0

const play = async (client: Redis, commands: ReadonlyArray<Command>) => {
  const subject = `run-${++runs}`
  const keys = policies.map((policy) => windowKey({ policy, subject }))
  const read = () => Promise.all(keys.map((key) => client.lrange(key, 0, -1)))
  const redis = new RedisWindows(client, 5_000)
  const admitted: Array<{ readonly charges: ReadonlyArray<Charge>; readonly times: ReadonlyArray<number> }> = []
  const model = new Model()
  const memory = new MemoryWindows()
  let clock = 1_700_000_000_000
  let before: ReadonlyArray<ReadonlyArray<string>> = policies.map(() => [])
  for (const { dt, requests, undo } of commands) {
    clock += dt
    const undone = undo === undefined ? undefined : admitted[Math.floor(undo * admitted.length)]
    if (undone !== undefined) {
      model.giveBack(undone.charges, undone.times)
      for (const [index, charge] of undone.charges.entries()) memory.undo([charge], undone.times[index] ?? 0)
      await Effect.runPromise(redis.giveBack(undone.charges, undone.times))
      before = await read()
    }
    const charged = requests.map((charges) => charges.map((charge) => ({ ...charge, subject })))
    const expected = charged.map((charges) => model.check(charges, clock))
    const [reply, after, ttls] = await Promise.all([
      client.eval(scriptWithClock, ...scriptArguments(charged), clock),
      read(),
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
    for (const [index, { allowed, times }] of expected.entries())
      if (allowed) admitted.push({ charges: charged[index] ?? [], times })
    const charging = new Set(admitted.slice(-requests.length).flatMap(({ charges }) => charges))
    for (const charge of charged.flat()) {
      const ttl = ttls[policies.findIndex(({ name }) => name === charge.policy.name)] ?? 0
      if (charging.has(charge)) assert.isAbove(ttl, charge.policy.windowMs, "a key outlives its newest unit's window")
    }
    before = after
  }
  // A unit that has expired is forgotten when the next is admitted. If the next is given back and then the clock steps back, the
  // first would be live again: only then may a window hold more.
  const isCertain = commands.every(({ undo }) => undo === undefined) || commands.every(({ dt }) => dt >= 0)
  for (const policy of isCertain ? policies : []) {
    const times = model.history.get(policy.name) ?? []
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

import { assert, it } from "@effect/vitest"
import type { RateLimitPolicy } from "@kite/domain/limits/RateLimitPolicy"
import { Array, Effect, type Layer } from "effect"
import { RateLimiter } from "../../src/limits/RateLimiter.ts"

let subjects = 0
const freshSubject = () => `subject-${++subjects}`

const authIp: RateLimitPolicy = { name: "auth-ip", limit: 3, windowMs: 60_000 }
const ip: RateLimitPolicy = { name: "ip", limit: 5, windowMs: 60_000 }

const check = (policy: RateLimitPolicy, subject: string, cost?: number) =>
  RateLimiter.use((limiter) => limiter.check([{ policy, subject, cost }]))

/** The behaviour of every layer of RateLimiter, in real time. */
export const rateLimiterSuite = <E>(layer: Layer.Layer<RateLimiter, E>) => {
  const live = (name: string, test: () => Effect.Effect<void, never, RateLimiter>) =>
    it.live(name, () => Effect.provide(test(), layer))

  live(
    "admits up to the limit, then refuses and says when to retry",
    Effect.fnUntraced(function* () {
      const subject = freshSubject()
      for (const remaining of [2, 1, 0]) {
        const { allowed, policies } = yield* check(authIp, subject)
        assert.isTrue(allowed)
        assert.deepInclude(policies[0], { policy: authIp, remaining, retryAfterMs: 0 })
        assert.isAtMost(policies[0]?.resetMs ?? Number.NaN, 60_000)
      }
      const refused = yield* check(authIp, subject)
      assert.isFalse(refused.allowed)
      assert.deepInclude(refused.policies[0], { allowed: false, remaining: 0 })
      assert.strictEqual(refused.policies[0]?.retryAfterMs, refused.policies[0]?.resetMs)
      assert.isAbove(refused.policies[0]?.retryAfterMs ?? 0, 55_000)
    })
  )

  live(
    "counts each subject and policy separately",
    Effect.fnUntraced(function* () {
      const [one, other] = [freshSubject(), freshSubject()]
      for (let n = 0; n < 3; n++) yield* check(authIp, one)
      assert.isFalse((yield* check(authIp, one)).allowed)
      assert.isTrue((yield* check(authIp, other)).allowed)
      assert.isTrue((yield* check(ip, one)).allowed)
    })
  )

  live(
    "charges all policies of a request or none",
    Effect.fnUntraced(function* () {
      const limiter = yield* RateLimiter
      const subject = freshSubject()
      const both = [
        { policy: ip, subject },
        { policy: authIp, subject }
      ]
      for (let n = 0; n < 3; n++) assert.isTrue((yield* limiter.check(both)).allowed)
      for (let n = 0; n < 3; n++) {
        const { allowed, policies } = yield* limiter.check(both)
        assert.isFalse(allowed)
        assert.deepStrictEqual(
          policies.map((policy) => [policy.allowed, policy.remaining]),
          [
            [true, 2],
            [false, 0]
          ]
        )
      }
      assert.deepInclude((yield* check(ip, subject)).policies[0], { remaining: 1 })
    })
  )

  live(
    "charges the whole cost of a request, and never admits a cost above the limit",
    Effect.fnUntraced(function* () {
      const subject = freshSubject()
      assert.isTrue((yield* check(ip, subject, 4)).allowed)
      assert.isFalse((yield* check(ip, subject, 2)).allowed)
      assert.isTrue((yield* check(ip, subject, 1)).allowed)
      assert.deepInclude((yield* check(ip, freshSubject(), 6)).policies[0], { allowed: false, retryAfterMs: 60_000 })
    })
  )

  live(
    "gives back exactly the units of a request under a policy, and only once",
    Effect.fnUntraced(function* () {
      const limiter = yield* RateLimiter
      const subject = freshSubject()
      const first = yield* limiter.check([
        { policy: ip, subject },
        { policy: authIp, subject, cost: 2 }
      ])
      // Units are told apart by the millisecond of their admission.
      yield* Effect.sleep("2 millis")
      yield* check(authIp, subject)
      yield* limiter.giveBack(first, "auth-ip")
      yield* limiter.giveBack(first, "auth-ip")
      assert.deepInclude((yield* check(authIp, subject)).policies[0], { remaining: 1 })
      assert.deepInclude((yield* check(ip, subject)).policies[0], { remaining: 3 })
    })
  )

  live(
    "gives nothing back that was cleared in between",
    Effect.fnUntraced(function* () {
      const limiter = yield* RateLimiter
      const subject = freshSubject()
      const first = yield* check(authIp, subject)
      yield* limiter.clear({ policy: authIp, subject })
      yield* Effect.sleep("2 millis")
      yield* check(authIp, subject)
      yield* limiter.giveBack(first, "auth-ip")
      assert.deepInclude((yield* check(authIp, subject)).policies[0], { remaining: 1 })
    })
  )

  live(
    "clears one window and no other",
    Effect.fnUntraced(function* () {
      const limiter = yield* RateLimiter
      const [one, other] = [freshSubject(), freshSubject()]
      const full = (subject: string, part?: string) => limiter.check([{ policy: authIp, subject, part, cost: 3 }])
      yield* Effect.all([full(one), full(one, "a"), full(one, "b"), full(other)])
      yield* limiter.clear({ policy: authIp, subject: one, part: "a" })
      assert.isTrue((yield* full(one, "a")).allowed)
      for (const refused of [full(one), full(one, "b"), full(other)]) assert.isFalse((yield* refused).allowed)
      yield* limiter.clear({ policy: authIp, subject: one })
      assert.isTrue((yield* full(one)).allowed)
      assert.isFalse((yield* full(one, "b")).allowed)
    })
  )

  live(
    "counts each part of a subject separately, and clears them together",
    Effect.fnUntraced(function* () {
      const limiter = yield* RateLimiter
      const [one, other] = [freshSubject(), freshSubject()]
      const full = (subject: string, part: string) => limiter.check([{ policy: authIp, subject, part, cost: 3 }])
      for (const part of ["a", "b", "a{}/b"]) assert.isTrue((yield* full(one, part)).allowed)
      assert.isFalse((yield* full(one, "a")).allowed)
      yield* full(other, "a")
      yield* limiter.clearParts({ policy: authIp, subject: one })
      for (const part of ["a", "b", "a{}/b"]) assert.isTrue((yield* full(one, part)).allowed)
      assert.isFalse((yield* full(other, "a")).allowed)
      yield* limiter.clearParts({ policy: authIp, subject: freshSubject() })
    })
  )

  live(
    "accepts any text as a subject",
    Effect.fnUntraced(function* () {
      for (const text of ["{}", "a{b}c:*", "x".repeat(100_000), "\r\nFLUSHALL\r\n", "\u0000", "ü"]) {
        const subject = `${freshSubject()}${text}`
        for (let n = 0; n < 3; n++) assert.isTrue((yield* check(authIp, subject)).allowed)
        assert.isFalse((yield* check(authIp, subject)).allowed)
      }
    })
  )

  live(
    "admits again after the announced wait",
    Effect.fnUntraced(function* () {
      const subject = freshSubject()
      const short: RateLimitPolicy = { name: "ip", limit: 2, windowMs: 300 }
      yield* check(short, subject, 2)
      const { policies } = yield* check(short, subject)
      yield* Effect.sleep((policies[0]?.retryAfterMs ?? 0) + 1)
      assert.isTrue((yield* check(short, subject)).allowed)
    })
  )

  live(
    "admits nothing before the window has gone by",
    Effect.fnUntraced(function* () {
      const subject = freshSubject()
      const short: RateLimitPolicy = { name: "ip", limit: 2, windowMs: 600 }
      const start = performance.now()
      yield* check(short, subject, 2)
      let refusals = 0
      for (; !(yield* check(short, subject)).allowed; refusals++) {
        assert.isBelow(performance.now() - start, short.windowMs + 2_000)
        yield* Effect.sleep("5 millis")
      }
      assert.isAbove(refusals, 0)
      // Admissions count by the millisecond.
      assert.isAtLeast(performance.now() - start, short.windowMs - 1)
    })
  )

  live(
    "admits the most that is possible to 16 concurrent clients, and never more than the limit in any window",
    Effect.fnUntraced(function* () {
      const subject = freshSubject()
      const policy: RateLimitPolicy = { name: "ip", limit: 20, windowMs: 1_000 }
      const admitted: Array<{ readonly from: number; readonly to: number }> = []
      const end = performance.now() + 2_500
      const client = Effect.gen(function* () {
        while (performance.now() < end) {
          const from = performance.now()
          if ((yield* check(policy, subject)).allowed) admitted.push({ from, to: performance.now() })
          yield* Effect.sleep("3 millis")
        }
      })
      yield* Effect.all(
        Array.makeBy(16, () => client),
        { concurrency: "unbounded", discard: true }
      )
      // At the beginning and each time a window has gone by: at 0, 1 and 2 seconds.
      assert.strictEqual(admitted.length, 3 * policy.limit)
      for (const { from } of admitted) {
        // Admissions count by the millisecond.
        const surely = admitted.filter((other) => other.from >= from && other.to < from + policy.windowMs - 1)
        assert.isAtMost(surely.length, policy.limit)
      }
    })
  )
}

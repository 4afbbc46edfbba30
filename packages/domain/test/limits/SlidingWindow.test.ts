import { assert, describe, it } from "@effect/vitest"
import { decide } from "@kite/domain/limits/SlidingWindow"
import fc from "fast-check"

const windowMs = 1_000
const rule = fc.integer({ min: 1, max: 6 }).map((limit) => ({ limit, windowMs }))
const steps = fc.array(
  fc.record({
    dt: fc.constantFrom(0, 0, 1, 7, 250, windowMs - 1, windowMs, windowMs + 1, -1, -300),
    cost: fc.constantFrom(1, 1, 1, 2, 3)
  }),
  { maxLength: 60 }
)

/** Plays the steps, and calls `each` with every decision before it is carried out. */
const play = (
  sequence: ReadonlyArray<{ readonly dt: number; readonly cost: number }>,
  limit: { readonly limit: number; readonly windowMs: number },
  each: (times: ReadonlyArray<number>, clock: number, cost: number, decision: ReturnType<typeof decide>) => void
) => {
  let times: ReadonlyArray<number> = []
  let clock = 1_000_000
  for (const { dt, cost } of sequence) {
    clock += dt
    const decision = decide(times, clock, limit, cost)
    each(times, clock, cost, decision)
    if (decision.allowed) times = [...times, ...Array<number>(cost).fill(decision.now)]
  }
  return times
}

describe("decide", () => {
  it("admits up to the limit, then refuses until the oldest leaves", () => {
    const three = { limit: 3, windowMs: 1_000 }
    assert.deepInclude(decide([], 5_000, three, 1), { allowed: true, available: 3, resetMs: 0 })
    assert.deepInclude(decide([5_000, 5_100], 5_200, three, 1), { allowed: true, available: 1, resetMs: 800 })
    assert.deepInclude(decide([5_000, 5_100, 5_200], 5_400, three, 1), {
      allowed: false,
      available: 0,
      retryAfterMs: 600
    })
    assert.isFalse(decide([5_000, 5_100, 5_200], 5_999, three, 1).allowed)
    assert.isTrue(decide([5_000, 5_100, 5_200], 6_000, three, 1).allowed)
  })

  it("returns how long a higher cost must wait", () => {
    const times = [5_000, 5_100, 5_200]
    assert.strictEqual(decide(times, 5_300, { limit: 3, windowMs: 1_000 }, 2).retryAfterMs, 800)
    assert.strictEqual(decide(times, 5_300, { limit: 3, windowMs: 1_000 }, 4).retryAfterMs, 1_000)
  })

  it("enforces a limit that was lowered during a window", () => {
    const decision = decide([1, 2, 3, 4, 5], 6, { limit: 2, windowMs: 1_000 }, 1)
    assert.deepInclude(decision, { allowed: false, available: 0, retryAfterMs: 998 })
  })

  it("never admits more than the limit in any window, wherever it begins", () => {
    fc.assert(
      fc.property(steps, rule, (sequence, limit) => {
        const times = play(sequence, limit, () => {})
        for (const [index, start] of times.entries()) {
          const within = times.slice(index).filter((time) => time < start + windowMs)
          assert.isAtMost(within.length, limit.limit)
        }
      })
    )
  })

  it("refuses only what would exceed the limit", () => {
    fc.assert(
      fc.property(steps, rule, (sequence, limit) => {
        play(sequence, limit, (times, _clock, cost, { allowed, now, available }) => {
          const live = times.filter((time) => time > now - windowMs).length
          assert.strictEqual(allowed, live + cost <= limit.limit)
          assert.strictEqual(available, limit.limit - live)
        })
      })
    )
  })

  it("admits at now + retryAfter, and not a millisecond earlier", () => {
    fc.assert(
      fc.property(steps, rule, (sequence, limit) => {
        play(sequence, limit, (times, _clock, cost, { allowed, now, retryAfterMs }) => {
          if (allowed || cost > limit.limit) return
          assert.isTrue(decide(times, now + retryAfterMs, limit, cost).allowed)
          assert.isFalse(decide(times, now + retryAfterMs - 1, limit, cost).allowed)
        })
      })
    )
  })

  it("returns when the oldest unit leaves, and how many have left", () => {
    fc.assert(
      fc.property(steps, rule, (sequence, limit) => {
        play(sequence, limit, (times, _clock, _cost, { resetMs, dead, now }) => {
          const live = times.filter((time) => time > now - windowMs)
          assert.strictEqual(dead, times.length - live.length)
          assert.strictEqual(resetMs, live[0] === undefined ? 0 : live[0] + windowMs - now)
        })
      })
    )
  })

  it("keeps all admissions in order when the clock steps back", () => {
    fc.assert(
      fc.property(steps, rule, (sequence, limit) => {
        const times = play(sequence, limit, (before, clock, _cost, { now }) => {
          assert.strictEqual(now, Math.max(clock, before.at(-1) ?? clock))
        })
        assert.deepStrictEqual(
          times,
          times.toSorted((a, b) => a - b)
        )
      })
    )
  })
})

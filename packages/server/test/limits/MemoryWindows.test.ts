import { assert, describe, it } from "@effect/vitest"
import type { RateLimitPolicy } from "@kite/domain/limits/RateLimitPolicy"
import { MemoryWindows } from "../../src/limits/MemoryWindows.ts"

const policy: RateLimitPolicy = { name: "ip", limit: 2, windowMs: 1_000 }
const check = (windows: MemoryWindows, subject: string, now: number) =>
  windows.check([{ policy, subject }], now).allowed

describe("MemoryWindows", () => {
  it("removes subjects whose windows have passed", () => {
    const windows = new MemoryWindows()
    for (let n = 0; n < 1_000; n++) check(windows, `early-${n}`, n)
    assert.strictEqual(windows.size("ip"), 1_000)
    for (let n = 0; n < 1_000; n++) check(windows, `late-${n}`, 5_000)
    assert.strictEqual(windows.size("ip"), 1_000)
  })

  it("never holds more subjects than its bound, and evicts the least recently admitted", () => {
    const windows = new MemoryWindows(100)
    check(windows, "frequent", 0)
    for (let n = 0; n < 99; n++) check(windows, `subject-${n}`, 0)
    check(windows, "frequent", 1)
    for (let n = 99; n < 150; n++) check(windows, `subject-${n}`, 2)
    assert.strictEqual(windows.size("ip"), 100)
    assert.isFalse(check(windows, "frequent", 3))
  })

  it("evicts the emptiest windows first: no flood of new subjects frees one that is refused", () => {
    const windows = new MemoryWindows(100)
    const three: RateLimitPolicy = { ...policy, limit: 3 }
    const charge = (subject: string, cost: number, now: number) =>
      windows.check([{ policy: three, subject, cost }], now).policies[0]
    charge("full", 3, 0)
    charge("half full", 2, 0)
    for (let n = 0; n < 10_000; n++) charge(`flood-${n}`, 1, n % 900)
    assert.strictEqual(windows.size("ip"), 100)
    assert.deepInclude(charge("full", 1, 999), { allowed: false })
    assert.deepInclude(charge("half full", 1, 999), { remaining: 0 })
    for (let n = 0; n < 10_000; n++) charge(`flood-${n}`, 2, 999)
    assert.deepInclude(charge("full", 1, 999), { allowed: false })
    // It counted until it was evicted: a new subject is never admitted uncounted.
    assert.deepInclude(charge("flood-9999", 1, 999), { remaining: 0 })
  })

  it("evicts windows whose units have expired before all others, however full they were", () => {
    const windows = new MemoryWindows(100)
    for (let n = 0; n < 50; n++) windows.record([{ policy, subject: `expired-${n}`, cost: 2 }], 0)
    for (let n = 0; n < 100; n++) windows.record([{ policy, subject: `live-${n}`, cost: 1 }], 1_500)
    for (let n = 0; n < 100; n++) {
      assert.deepInclude(windows.check([{ policy, subject: `live-${n}` }], 1_500).policies[0], { remaining: 0 })
    }
  })

  it("keeps the window that was just charged, even if it is the emptiest: every subject is limited", () => {
    const windows = new MemoryWindows(10)
    for (let n = 0; n < 10; n++) windows.record([{ policy, subject: `full-${n}`, cost: 2 }], 0)
    for (const admitted of [true, true, false]) assert.strictEqual(check(windows, "new", 1), admitted)
  })

  it("evicts the least recently charged where all are full", () => {
    const windows = new MemoryWindows(10)
    for (let n = 0; n < 11; n++) windows.record([{ policy, subject: `${n}`, cost: 2 }], n)
    assert.isFalse(check(windows, "1", 20))
    assert.isTrue(check(windows, "0", 20))
  })

  it("gives back what was recorded, and nothing else", () => {
    const windows = new MemoryWindows()
    const charges = [{ policy, subject: "a" }]
    windows.record(charges, 5)
    windows.record(charges, 6)
    assert.isFalse(check(windows, "a", 7))
    windows.undo(charges, 6)
    assert.isTrue(check(windows, "a", 7))
    windows.undo(charges, 99)
    assert.isFalse(check(windows, "a", 7))
    assert.isTrue(check(windows, "a", 1_005))
  })

  it("gives back one of two units of the same moment", () => {
    const windows = new MemoryWindows()
    const charges = [{ policy, subject: "a" }]
    windows.record(charges, 5)
    windows.record(charges, 5)
    windows.undo(charges, 5)
    assert.isTrue(check(windows, "a", 6))
    assert.isFalse(check(windows, "a", 6))
  })
})

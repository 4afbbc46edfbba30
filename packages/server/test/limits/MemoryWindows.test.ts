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
})

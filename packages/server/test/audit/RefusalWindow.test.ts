import { assert, it } from "@effect/vitest"
import { RefusalWindow } from "../../src/audit/RefusalWindow.ts"

const quarter = 15 * 60_000

it("refusals are recorded once per kind and subject in 15 minutes", () => {
  const window = new RefusalWindow()
  assert.isTrue(window.admit("403 forbidden", "anna", 1_000))
  assert.isFalse(window.admit("403 forbidden", "anna", 1_000))
  assert.isTrue(window.admit("403 forbidden", "ben", 1_000))
  assert.isTrue(window.admit("429 quota-exceeded ip", "anna", 1_000))
  assert.isFalse(window.admit("403 forbidden", "anna", 1_000 + quarter - 1))
  assert.isTrue(window.admit("403 forbidden", "anna", 1_000 + quarter))
})

it("a flood from many addresses fills 500 entries of its own kind, and leaves the others free", () => {
  const window = new RefusalWindow()
  const admitted = Array.from({ length: 10_000 }, (_, n) => window.admit("429", `192.0.2.${n}`, 0)).filter(Boolean)
  assert.strictEqual(admitted.length, 500)
  assert.isTrue(window.admit("403", "192.0.2.1", 0))
})

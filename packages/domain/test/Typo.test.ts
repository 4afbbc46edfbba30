import { assert, describe, it } from "@effect/vitest"
import { likelyMeant } from "@kite/domain/Typo"

const known = ["active", "role", "limitBytes", "q"]

describe("the name that was meant", () => {
  it("is found through one slip, in any case and with dashes or underscores", () => {
    for (const name of ["limitByte", "limitBytse", "limitbytes", "limit_bytes", "LIMIT-BYTES", "Limit_Byte"]) {
      assert.strictEqual(likelyMeant(name, known), "limitBytes", name)
    }
    assert.strictEqual(likelyMeant("qs", known), "q")
  })

  it("is none for a name that is too different", () => {
    for (const name of ["limit", "bytes", "x", "", "usedBytes", "a".repeat(10_000)]) {
      assert.isUndefined(likelyMeant(name, known), name.slice(0, 20))
    }
  })
})

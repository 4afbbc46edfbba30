import { assert, describe, it } from "@effect/vitest"
import { cleanText } from "@kite/worker/extraction/child/pages/CleanText"
import * as fc from "fast-check"

describe("cleanText", () => {
  it("removes what Postgres refuses, and changes nothing else", () => {
    const anything = fc.array(fc.oneof(fc.nat(0xffff), fc.constant(0), fc.integer({ min: 0xd800, max: 0xdfff })))
    fc.assert(
      fc.property(anything, (units) => {
        const text = String.fromCharCode(...units)
        const clean = cleanText(text)
        assert.isTrue(clean.isWellFormed())
        assert.notInclude(clean, "\u0000")
        if (text.isWellFormed() && !text.includes("\u0000")) assert.strictEqual(clean, text)
        assert.strictEqual(cleanText(clean), clean)
      })
    )
  })
})

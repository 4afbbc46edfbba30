import { assert, describe, it } from "@effect/vitest"
import { TextBudget } from "@kite/worker/extraction/child/TextBudget"
import * as fc from "fast-check"

const page = fc.string({ unit: "binary", maxLength: 40 }).filter((text) => text.isWellFormed())

describe("TextBudget", () => {
  it("keeps all text that fits, and of the page that does not as many whole characters as fit", () => {
    fc.assert(
      fc.property(fc.array(page), fc.nat(200), (pages, total) => {
        const budget = new TextBudget(total, 0)
        let kept = ""
        for (const [index, text] of pages.entries()) {
          const taken = budget.take(text, index + 1)
          kept += taken.text
          const left = total - Buffer.byteLength(kept)
          assert.isAtLeast(left, 0)
          assert.isTrue(text.startsWith(taken.text) && taken.text.isWellFormed())
          if (taken.notice === undefined) assert.strictEqual(taken.text, text)
          else {
            const next = Array.from(text.slice(taken.text.length))[0] ?? ""
            assert.isAbove(Buffer.byteLength(next), left)
            assert.deepInclude(taken.notice, { code: "text-cut", pages: [index + 1] })
            return
          }
        }
        assert.strictEqual(kept, pages.join(""))
      })
    )
  })

  it("counts what was read before", () => {
    assert.strictEqual(new TextBudget(10, 7).take("abcdef", 3).text, "abc")
    assert.isUndefined(new TextBudget(10, 4).take("abcdef", 3).notice)
    assert.match(new TextBudget(10, 4).take("abcdefg", 3).notice?.message ?? "", /ends on page 3, after 10 bytes/)
  })
})

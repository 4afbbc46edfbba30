import { assert, describe, it } from "@effect/vitest"
import { cleanText } from "@kite/worker/extraction/child/pages/CleanText"
import * as fc from "fast-check"

const control = fc.oneof(fc.nat(0x1f), fc.integer({ min: 0x7f, max: 0x9f }))
const surrogate = fc.integer({ min: 0xd800, max: 0xdfff })
const anything = fc.array(fc.oneof(fc.nat(0xffff), control, surrogate)).map((units) => String.fromCharCode(...units))

/** Written apart from the code: every control character but tab, LF and CR. */
const isNeedless = (character: string) => {
  const code = character.codePointAt(0) ?? 0
  const isControl = code < 0x20 || (code >= 0x7f && code <= 0x9f)
  return (isControl && !"\t\n\r".includes(character)) || (code >= 0xd800 && code <= 0xdfff)
}

describe("cleanText", () => {
  it("removes what Postgres refuses and no text needs, and changes nothing else", () => {
    fc.assert(
      fc.property(anything, (text) => {
        const clean = cleanText(text)
        assert.isTrue(clean.isWellFormed())
        assert.notInclude(clean, "\u0000")
        assert.isFalse(Array.from(clean).some(isNeedless))
        if (!Array.from(text).some(isNeedless)) assert.strictEqual(clean, text)
        assert.strictEqual(cleanText(clean), clean)
      })
    )
  })

  it("keeps every other character, in order", () => {
    fc.assert(
      fc.property(anything, (text) => {
        const kept = Array.from(text).filter((character) => !isNeedless(character))
        const breaks = (of: string) => of.replaceAll(/[\n\v\f\u0085]/g, "")
        assert.strictEqual(breaks(cleanText(text)), breaks(kept.join("")))
      })
    )
  })

  it("makes line feeds of other breaks of lines and pages", () => {
    assert.strictEqual(cleanText("a\vb\fc\u0085d\r\ne\tf"), "a\nb\nc\nd\r\ne\tf")
  })

  it("drops escapes, DEL, C1 and halves of surrogate pairs", () => {
    assert.strictEqual(cleanText("\u001b[1mbold\u001b[0m\u007f \u009b2K\ud83d 😀\udc00"), "[1mbold[0m 2K 😀")
  })

  it("drops ten million of them in a row", () => {
    assert.strictEqual(cleanText(`a${"\u001b".repeat(10 * 1024 * 1024)}b`), "ab")
  })
})

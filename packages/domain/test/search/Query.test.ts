import { assert, describe, it } from "@effect/vitest"
import { parseQuery } from "@kite/domain/search/Query"
import { finds } from "@kite/testkit/search/Lexemes"
import fc from "fast-check"

describe("a query", () => {
  it.each<[string, boolean]>([
    ["quick fox", true],
    ["quick cat", false],
    ['"quick brown" dog', true],
    ['"quick cat"', false],
    ["quick -fox", false],
    ["quick -cat", true],
    ['quick -"brown cat"', true],
    ['quick -"brown fox"', false],
    ["-cat", true],
    ["-fox", false],
    ["cat OR fox", true],
    ["cat or bird", false],
    ["quick cat OR lazy dog", true],
    ["quick fox OR cat bird", true],
    ["qui*", true],
    ["qui", false],
    ["cat*", false],
    ["bro* -qui*", false],
    ['"qui*"', false],
    ["q* b* f* t* laz*", false],
    ["q* b* f* t* lazy*", true],
    ["INV-77*", true],
    ["inv-78*", false],
    ["Quick, fox!", true],
    ['"quick', true],
    ["quick OR", true],
    ["or", true],
    ["OR fox", true],
    ['"or"', true]
  ])("%s", (q, isFound) => {
    assert.strictEqual(finds(q, "The quick brown fox or", "the lazy dog, INV-77421"), isFound)
  })

  it.each(["", "...", "!?", '"', '""', "-", "--", "*", "-*", " \n", "<->", ":*", "\u200B", "\u0301", "- -"])(
    "without a word is none: %j",
    (q) => {
      assert.isUndefined(parseQuery(q))
    }
  )

  it("is read whatever is typed, and stays small", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 400 }), (q) => {
        const query = parseQuery(q)
        assert.isBelow(JSON.stringify(query ?? "").length, 60_000)
      }),
      { numRuns: 3_000 }
    )
    for (const piece of ["-", '"', '-"', "a ", "a or ", "*", "or ", "ﷺ", "漢", "a*"]) parseQuery(piece.repeat(100_000))
  })
})

import { assert, describe, it } from "@effect/vitest"
import { blockSize, blocksOf, partBlocks, partSize, partsOf } from "@kite/domain/search/Blocks"
import * as fc from "fast-check"

const characters = (text: string) => Array.from(text).length

const longText = fc
  .tuple(fc.constantFrom("a", "é", "報", "😀", "a😀", "\n"), fc.nat(3), fc.integer({ min: -3, max: 3 }))
  .map(([unit, parts, more]) =>
    Array.from(unit.repeat(parts * partSize + partSize))
      .slice(0, Math.max(0, parts * partSize + more))
      .join("")
  )

describe("The parts of a text", () => {
  it("are the text, all of them full but the last, with every character whole", () => {
    fc.assert(
      fc.property(longText, (text) => {
        const parts = Array.from(partsOf(text))
        assert.strictEqual(parts.join(""), text)
        for (const part of parts) assert.isTrue(part.isWellFormed())
        assert.deepStrictEqual(
          parts.slice(0, -1).map(characters),
          parts.slice(0, -1).map(() => partSize)
        )
        assert.isAtMost(characters(parts.at(-1) ?? ""), partSize)
        if (text !== "") assert.notInclude(parts, "")
      }),
      { numRuns: 30 }
    )
  })

  it("begin where a block begins", () => {
    assert.strictEqual(partSize, partBlocks * blockSize)
    const parts = Array.from(partsOf("word 😀 ".repeat(20_000)))
    assert.strictEqual(
      parts.reduce((sum, part) => sum + blocksOf(part), 0),
      blocksOf("word 😀 ".repeat(20_000))
    )
  })

  it("are one for an empty text", () => {
    assert.deepStrictEqual(Array.from(partsOf("")), [""])
  })
})

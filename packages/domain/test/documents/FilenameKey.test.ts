import { assert, describe, it } from "@effect/vitest"
import { sanitizeFilename } from "@kite/domain/documents/Filename"
import { filenameKey } from "@kite/domain/documents/FilenameKey"
import fc from "fast-check"

const byKey = (left: string, right: string) =>
  Buffer.compare(Buffer.from(filenameKey(left)), Buffer.from(filenameKey(right)))

describe("the key of a name", () => {
  it("orders as people do", () => {
    const ordered = [
      "1.txt",
      "02.txt",
      "10.txt",
      "a.txt",
      "Ä1.txt",
      "a2.txt",
      "A10.txt",
      "b",
      "Straße 1",
      "STRASSE 2",
      "я.txt",
      "東京"
    ]
    assert.deepStrictEqual(ordered.toReversed().sort(byKey), ordered)
  })

  it("orders numbers by their value, however long they are", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 39n }), fc.bigInt({ min: 0n, max: 10n ** 39n }), (left, right) => {
        const expected = left < right ? -1 : left > right ? 1 : 0
        assert.strictEqual(byKey(`page ${left}.png`, `page ${right}.png`), expected)
      })
    )
  })

  it("can be stored and indexed, whatever the name", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 400 }), (name) => {
        const key = filenameKey(sanitizeFilename(name))
        assert.isTrue(key.isWellFormed() && !key.includes("\0"))
        assert.isBelow(Buffer.byteLength(key), 1_300)
      }),
      { numRuns: 1_000 }
    )
    assert.isBelow(Buffer.byteLength(filenameKey("ﷺ".repeat(255))), 1_300)
  })
})

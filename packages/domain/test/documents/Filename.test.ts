import { assert, describe, it } from "@effect/vitest"
import { sanitizeFilename } from "@kite/domain/documents/Filename"
import fc from "fast-check"

const awkward = fc.constantFrom(
  ...'/ \\ . .. \0 \r \n \u007f \u0085 \u202e \u2066 \u0301 \ufeff \ud800 \udc00 é e İ Å 😀 👩‍👩‍👧 %2f : * ? " < > | ~ .pdf .tar.gz'.split(
    " "
  ),
  " ",
  "/",
  "x".repeat(250)
)
const name = fc.oneof(
  fc.string({ unit: "binary", maxLength: 600 }),
  fc.array(awkward, { maxLength: 300 }).map((parts) => parts.join(""))
)
const runs = { numRuns: 3_000 }

describe("a file's name", () => {
  it("does not change once it is clean", () => {
    fc.assert(
      fc.property(name, (given) => {
        const clean = sanitizeFilename(given)
        assert.strictEqual(sanitizeFilename(clean), clean)
      }),
      runs
    )
  })

  it("never contains a separator, a control character or a bidirectional override, and is never a step of a path", () => {
    fc.assert(
      fc.property(name, (given) => {
        const clean = sanitizeFilename(given)
        assert.notMatch(clean, /[/\\\p{Cc}\p{Cs}\u202A-\u202E\u2066-\u2069]/u)
        assert.notInclude(["", ".", ".."], clean)
        assert.strictEqual(clean.trim(), clean)
        assert.strictEqual(clean.normalize("NFC"), clean)
      }),
      runs
    )
  })

  it("has 255 characters at most", () => {
    fc.assert(
      fc.property(name, (given) => {
        assert.isAtMost(Array.from(sanitizeFilename(given)).length, 255)
      }),
      runs
    )
  })

  it("is unchanged if it is harmless", () => {
    for (const kept of [
      "Grüße aus Köln.pdf",
      "данные 2026.txt",
      "報告書.docx",
      "a b (1).pdf",
      ".env",
      'say "hi".txt',
      "😀"
    ]) {
      assert.strictEqual(sanitizeFilename(kept), kept)
    }
  })

  it("is the last step of a path", () => {
    assert.strictEqual(sanitizeFilename("../../etc/passwd"), "passwd")
    assert.strictEqual(sanitizeFilename("C:\\Users\\me\\scan.pdf"), "scan.pdf")
    assert.strictEqual(sanitizeFilename("/"), "document")
    assert.strictEqual(sanitizeFilename("a/.."), "document")
    assert.strictEqual(sanitizeFilename("a\r\nX-Evil: 1"), "aX-Evil: 1")
  })

  it("keeps its extension when it is cut", () => {
    const cut = sanitizeFilename(`${"😀".repeat(300)}.pdf`)
    assert.strictEqual(cut, `${"😀".repeat(251)}.pdf`)
  })
})

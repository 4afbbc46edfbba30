import { assert, describe, it } from "@effect/vitest"
import { samples, zipOf } from "@kite/testkit/files/Samples"
import fc from "fast-check"
import { ContentSniffer } from "../../src/documents/ContentSniffer.ts"

/** The type of these bytes, read in chunks that end at the cuts; none if they are refused. */
const sniff = (bytes: Uint8Array, cuts: ReadonlyArray<number> = []) => {
  const sniffer = new ContentSniffer()
  let start = 0
  for (const end of [...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]) {
    if (!sniffer.push(bytes.subarray(start, end))) return undefined
    start = end
  }
  return sniffer.finish()
}

const kinds = await samples()
const utf8 = (text: string) => new Uint8Array(Buffer.from(text))
const docx = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

/** Text without control characters that text files do not contain. */
const text = fc.string({ unit: "binary", maxLength: 300 }).map((any) => any.toWellFormed().replace(/[\p{Cc}]/gu, "\n"))
const binary = fc.uint8Array({ minLength: 1, maxLength: 300 })
const anything = fc.oneof(binary, text.map(utf8), fc.constantFrom(...Object.values(kinds), zipOf("xl/workbook.xml")))
const cuts = fc.array(fc.nat({ max: 20_000 }), { maxLength: 20 })
const runs = { numRuns: 1_000 }

describe("the type of a file", () => {
  it("is detected from its bytes, for every type", () => {
    for (const [kind, bytes] of Object.entries(kinds)) assert.strictEqual(sniff(bytes), kind)
  })

  it("is the same for any chunks", () => {
    fc.assert(
      fc.property(anything, cuts, (bytes, ends) => {
        assert.strictEqual(sniff(bytes, ends), sniff(bytes))
      }),
      runs
    )
  })

  it("is the same if every chunk is one byte", () => {
    for (const [kind, bytes] of Object.entries(kinds)) {
      assert.strictEqual(
        sniff(
          bytes,
          Array.from(bytes, (_, index) => index)
        ),
        kind
      )
    }
  })

  it("is text for valid UTF-8 of any script", () => {
    fc.assert(
      fc.property(text, cuts, (content, ends) => {
        fc.pre(!/^\ufeff?\s*%PDF-/.test(content))
        assert.strictEqual(sniff(utf8(content), ends), "text/plain")
      }),
      runs
    )
  })

  it("is none for bytes that are not UTF-8 to the end", () => {
    fc.assert(
      fc.property(
        text,
        fc.constantFrom([0xff], [0xc3], [0xe2, 0x82], [0xed, 0xa0, 0x80], [0xc0, 0x80]),
        cuts,
        (content, wrong, ends) => {
          fc.pre(!/^\ufeff?\s*%PDF-/.test(content))
          assert.isUndefined(sniff(new Uint8Array([...utf8(content), ...wrong]), ends))
        }
      ),
      runs
    )
  })

  it("is none for random bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 100, maxLength: 400 }), (bytes) => {
        fc.pre(bytes.some((byte) => byte >= 0x80 || byte < 9))
        const isUtf8 = Buffer.from(Buffer.from(bytes).toString()).equals(Buffer.from(bytes))
        fc.pre(!isUtf8)
        assert.isUndefined(sniff(bytes))
      }),
      runs
    )
  })

  it("is none for text with control characters, as in binary formats and UTF-16", () => {
    for (const control of ["\0", "\x01", "\x07", "\x0e", "\x1f"]) assert.isUndefined(sniff(utf8(`text ${control}`)))
    assert.isUndefined(sniff(new Uint8Array(Buffer.from("UTF-16 text", "utf16le"))))
    assert.strictEqual(sniff(utf8("tab\t line\r\n page\f \x1b[1mbold\x1b[0m")), "text/plain")
  })

  it("is DOCX only for an archive that contains a Word document", () => {
    assert.strictEqual(sniff(zipOf("word/document.xml")), docx)
    for (const entry of ["xl/workbook.xml", "ppt/presentation.xml", "mimetype", "words/docs"]) {
      assert.isUndefined(sniff(zipOf(entry)), entry)
    }
    assert.strictEqual(sniff(utf8("word/document")), "text/plain")
  })

  it("is none for programs and formats that kite does not read", () => {
    const foreign = [
      "MZ\x90\0\x03",
      "\x7fELF\x02\x01",
      "GIF89a\x01\0",
      "\x1f\x8b\x08\0",
      "II+\0",
      "RIFF\x24\0\0\0WAVE",
      "Rar!\x1a\x07"
    ]
    for (const magic of foreign) {
      assert.isUndefined(sniff(new Uint8Array(Buffer.from(magic.padEnd(100, "\0"), "latin1"))), magic)
    }
  })
})

import { assert, describe, it } from "@effect/vitest"
import type { ContentType } from "@kite/domain/documents/Document"
import { samples, storedIn, zipOf } from "@kite/testkit/files/Samples"
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
const docx: ContentType = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

/** Text without control characters that text files do not contain. */
const text = fc.string({ unit: "binary", maxLength: 300 }).map((any) => any.toWellFormed().replace(/[\p{Cc}]/gu, "\n"))
const binary = fc.uint8Array({ minLength: 1, maxLength: 300 })
const anything = fc.oneof(binary, text.map(utf8), fc.constantFrom(...Object.values(kinds), zipOf("other.xml")))
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

  it("is text for bytes that are no UTF-8, as older encodings have them", () => {
    fc.assert(
      fc.property(
        text,
        fc.constantFrom([0xff], [0xc3], [0xe2, 0x82], [0xed, 0xa0, 0x80], [0xc0, 0x80]),
        cuts,
        (content, wrong, ends) => {
          fc.pre(!/^\ufeff?\s*%PDF-/.test(content))
          assert.strictEqual(sniff(new Uint8Array([...utf8(content), ...wrong]), ends), "text/plain")
        }
      ),
      runs
    )
  })

  it("is none for random bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 100, maxLength: 400 }), (bytes) => {
        fc.pre(bytes.some((byte) => byte < 9))
        assert.isUndefined(sniff(bytes))
      }),
      runs
    )
  })

  it("is nothing for text with control characters, as binary formats have them", () => {
    for (const control of ["\0", "\x01", "\x07", "\x0e", "\x1f"]) {
      assert.isUndefined(sniff(utf8(`text ${control}`)))
      assert.isUndefined(sniff(new Uint8Array([...utf8("text "), 0xe9, ...utf8(control)])))
      assert.isUndefined(sniff(utf8(`${"text ".repeat(2000)}${control}`)))
    }
    assert.strictEqual(sniff(utf8("tab\t line\r\n page\f \x1b[1mbold\x1b[0m")), "text/plain")
  })

  it("is text for UTF-16 of either order, with its mark or without", () => {
    for (const content of ["UTF-16 text", "Grüße aus Zürich\r\n", "東京都の報告書です。\n次の行 1"]) {
      const little = Buffer.from(content, "utf16le")
      const big = Buffer.from(little).swap16()
      for (const bytes of [
        little,
        big,
        Buffer.from(`\ufeff${content}`, "utf16le"),
        Buffer.from(`\ufeff${content}`, "utf16le").swap16()
      ]) {
        assert.strictEqual(sniff(new Uint8Array(bytes)), "text/plain", content)
      }
      assert.isUndefined(sniff(new Uint8Array([0xff, 0xfe, ...little, 0x41])))
    }
    assert.isUndefined(sniff(new Uint8Array(Buffer.from("\ufefftext \x01", "utf16le"))))
  })

  it("is an Office document only for an archive that has its main part under exactly that name", () => {
    assert.strictEqual(sniff(zipOf("word/document.xml")), docx)
    assert.strictEqual(sniff(zipOf("word/document2.xml")), docx)
    for (const entry of [
      "mimetype",
      "words/docs",
      "password/documents.txt",
      "sub/word/document.xml",
      "word/document.xml.bak",
      "xl/workbook.bin"
    ]) {
      assert.isUndefined(sniff(zipOf(entry)), entry)
    }
    assert.isUndefined(sniff(storedIn("a.docx", kinds[docx])))
    assert.strictEqual(sniff(utf8("word/document")), "text/plain")
  })

  it("is HTML or a mail only where it starts like one", () => {
    const starts: ReadonlyArray<readonly [string, string]> = [
      ["\ufeff<!-- a --><!-- b -->\n<HTML lang=en>", "text/html"],
      ['<?xml version="1.0"?>\n<!DOCTYPE html><p>', "text/html"],
      ["<p align=center>a picture in Markdown</p>", "text/plain"],
      ["<John Smith>", "text/plain"],
      ["Return-Path: <a@b.org>\nReceived: by x\n\tfor y\nSubject: z\n\nbody", "message/rfc822"],
      ["From: the desk of Ann\nTo: Bob\n\nHello", "text/plain"],
      ["Date: today\nwe met\nSubject: kites\n", "text/plain"],
      ["{\\rtf1 x}", "application/rtf"],
      ["about %PDF-1.7 and its header", "text/plain"],
      ["\x1b%-12345X@PJL JOB\r\n%PDF-1.4\n1 0 obj\n<<>>", "application/pdf"]
    ]
    for (const [start, kind] of starts) assert.strictEqual(sniff(utf8(start)), kind, start)
  })

  it("takes time in proportion to its size", () => {
    const unclosed = utf8(`<!--${"<!-- -->".repeat(2_000_000)}`)
    const started = performance.now()
    sniff(unclosed)
    sniff(zipOf("a".repeat(60_000)))
    assert.isBelow(performance.now() - started, 2_000)
  })

  it("is said where kite does not read it", () => {
    const foreign: ReadonlyArray<readonly [string, RegExp]> = [
      ["MZ\x90\0\x03", /Windows program/],
      ["\x7fELF\x02\x01", /Linux program/],
      ["BM\x36\0\0\0", /BMP image/],
      ["\0\0\0\x18ftypheic", /HEIC image/],
      ["\0\0\0\x0cjP  \r\n", /JPEG 2000/],
      ["\x1f\x8b\x08\0", /gzip/],
      ["RIFF\x24\0\0\0WAVE", /audio/],
      ["Rar!\x1a\x07", /RAR/],
      ["PK\x03\x04", /ZIP/],
      ["\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", /before 2007/],
      [`\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1${"E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e\0"}`, /password/],
      ["\x01\x02\x03", /unknown kind/]
    ]
    for (const [magic, seen] of foreign) {
      const sniffer = new ContentSniffer()
      sniffer.push(new Uint8Array(Buffer.from(magic.padEnd(100, "\0"), "latin1")))
      assert.isUndefined(sniffer.finish(), magic)
      assert.match(sniffer.seen, seen)
    }
  })
})

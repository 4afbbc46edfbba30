import { assert, describe, it } from "@effect/vitest"
import { addTextPage, pdfOf } from "@kite/testkit/files/PdfFile"
import { Effect } from "effect"
import { extractBytes } from "../fixtures/ExtractBytes.ts"
import { readHello, withLimits } from "../fixtures/LimitedExtractor.ts"

const fewBytes = withLimits({ minTextBytes: 1_000, textPerFileByte: 0 })

describe("The text of a document", () => {
  it.live("has no control characters but tabs and the ends of lines, whatever the file", () =>
    Effect.gen(function* () {
      const bytes = Buffer.concat([
        Buffer.from("\ufefffirst\tline\r\n\u001b[31mred\u0000\fsecond\u009b"),
        Buffer.alloc(500, 27)
      ])
      const { pages } = yield* extractBytes(bytes, "text/plain")
      assert.deepStrictEqual(pages, [{ number: 1, text: "first\tline\r\n[31mred\nsecond", source: "text" }])
    }).pipe(withLimits())
  )

  it.live("is whole up to the bound, and says nothing", () =>
    Effect.gen(function* () {
      const { pages, notices } = yield* extractBytes(Buffer.from("é".repeat(500)), "text/plain")
      assert.deepStrictEqual([pages[0]?.text.length, notices], [500, undefined])
    }).pipe(fewBytes)
  )

  it.live("ends at the bound between two characters, with a notice, and only what is kept is indexed", () =>
    Effect.gen(function* () {
      const text = `x${"é".repeat(600)} needle`
      const { pages, notices, terms } = yield* extractBytes(Buffer.from(text), "text/plain")
      assert.strictEqual(pages[0]?.text, `x${"é".repeat(499)}`)
      assert.deepStrictEqual(
        notices?.map(({ code, pages }) => ({ code, pages })),
        [{ code: "text-cut", pages: [1] }]
      )
      assert.notMatch(terms?.rows.join(" ") ?? "", /needle/)
      assert.strictEqual((yield* readHello).pages[0]?.text, "hello")
    }).pipe(fewBytes)
  )

  it.live("of several pages ends on the page that exceeds the bound; later pages are not read", () =>
    Effect.gen(function* () {
      const lines = Array.from({ length: 20 }, (_, line) => `a line of this page, number ${line}`)
      const file = yield* Effect.promise(() =>
        pdfOf((pdf) => {
          for (let page = 0; page < 5; page++) addTextPage(pdf, lines)
        })
      )
      const { pages, notices } = yield* extractBytes(file, "application/pdf")
      const bytes = pages.map(({ text }) => Buffer.byteLength(text))
      assert.lengthOf(pages, 2)
      assert.strictEqual(
        bytes.reduce((sum, some) => sum + some, 0),
        1_000
      )
      assert.deepStrictEqual(
        notices?.map(({ pages }) => pages),
        [[2]]
      )
    }).pipe(fewBytes)
  )
})

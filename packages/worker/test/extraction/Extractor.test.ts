import { deflateSync } from "node:zlib"
import { assert } from "@effect/vitest"
import { docxOf } from "@kite/testkit/files/DocxFile"
import { pictureOf, tiffOf } from "@kite/testkit/files/ImageFile"
import {
  addScannedPage,
  addTextPage,
  chineseFont,
  pdfOf,
  pdfOfContent,
  pdfOfEmptyPages
} from "@kite/testkit/files/PdfFile"
import { suite } from "@kite/testkit/Suite"
import { Extractor } from "@kite/worker/extraction/Extractor"
import { Effect } from "effect"
import sharp from "sharp"
import { docx, extractBytes } from "../fixtures/ExtractBytes.ts"

const picture = pictureOf(["The invoice is due", "in seventeen days"])
const pictureText = /The invoice is due\s+in seventeen days/i

suite(Extractor.layer({ concurrency: 1, languages: ["eng"] }))("Extractor reads", (it) => {
  it.effect("the text layer of every page of a PDF", () =>
    Effect.gen(function* () {
      const pdf = yield* Effect.promise(() =>
        pdfOf(
          (pdf) => addTextPage(pdf, ["first line", "second line"]),
          (pdf) => addTextPage(pdf, ["last page"])
        )
      )
      const { pages } = yield* extractBytes(pdf, "application/pdf")
      assert.deepStrictEqual(pages, [
        { number: 1, text: "first line\nsecond line", source: "text" },
        { number: 2, text: "last page", source: "text" }
      ])
    })
  )

  it.effect("the words of all pages for the search, each with its place", () =>
    Effect.gen(function* () {
      const pdf = yield* Effect.promise(() =>
        pdfOf(
          (pdf) => addTextPage(pdf, ["first cap-", "tions line"]),
          (pdf) => addTextPage(pdf, ["last INV-77421 line"])
        )
      )
      const { terms } = yield* extractBytes(pdf, "application/pdf")
      assert.strictEqual(terms?.rows.length, 1)
      assert.isTrue(terms?.isComplete)
      const lexemes = terms?.rows[0]?.split(" ") ?? []
      for (const lexeme of ["'first':1", "'captions':1", "'line':1", "'77421':2", "'last':2"]) {
        assert.include(lexemes, lexeme)
      }
    })
  )

  it.effect("Chinese text in a font that is not embedded", () =>
    Effect.gen(function* () {
      const content = deflateSync("BT /F 20 Tf 72 700 Td <4F60597D4E16754C> Tj ET")
      const { pages } = yield* extractBytes(pdfOfContent(content, chineseFont), "application/pdf")
      assert.strictEqual(pages[0]?.text, "你好世界")
    })
  )

  it.effect("pages of a PDF without a text layer by OCR, and no others", () =>
    Effect.gen(function* () {
      const jpeg = yield* Effect.promise(() => picture.encode("jpeg", 85))
      const pdf = yield* Effect.promise(() =>
        pdfOf(
          (pdf) => addTextPage(pdf, ["typed"]),
          (pdf) => addScannedPage(pdf, jpeg)
        )
      )
      const { pages } = yield* extractBytes(pdf, "application/pdf")
      assert.deepStrictEqual(
        pages.map((page) => page.source),
        ["text", "ocr"]
      )
      assert.match(pages[1]?.text ?? "", pictureText)
      assert.isAbove(pages[1]?.ocrConfidence ?? 0, 80)
    })
  )

  it.effect("blank pages as pages without text", () =>
    Effect.gen(function* () {
      const { pages } = yield* extractBytes(pdfOfEmptyPages(2), "application/pdf")
      assert.deepStrictEqual(
        pages.map((page) => page.text),
        ["", ""]
      )
    })
  )

  for (const format of ["png", "jpeg", "webp"] as const) {
    it.effect(`a ${format} image`, () =>
      Effect.gen(function* () {
        const image = yield* Effect.promise(() => picture.encode(format as "png"))
        const { pages } = yield* extractBytes(image, `image/${format}`)
        assert.lengthOf(pages, 1)
        assert.match(pages[0]?.text ?? "", pictureText)
      })
    )
  }

  it.effect("each frame of a TIFF as a page", () =>
    Effect.gen(function* () {
      const { pages } = yield* extractBytes(tiffOf([picture, pictureOf(["Second frame"])]), "image/tiff")
      assert.lengthOf(pages, 2)
      assert.match(pages[0]?.text ?? "", pictureText)
      assert.match(pages[1]?.text ?? "", /Second frame/i)
    })
  )

  it.effect("a rotated photo by its EXIF orientation", () =>
    Effect.gen(function* () {
      const upright = sharp(yield* Effect.promise(() => picture.encode("png")))
      const turned = upright.rotate(-90).withMetadata({ orientation: 6 })
      const { pages } = yield* extractBytes(yield* Effect.promise(() => turned.jpeg().toBuffer()), "image/jpeg")
      assert.match(pages[0]?.text ?? "", pictureText)
    })
  )

  for (const compression of ["jpeg", "deflate", "lzw"] as const) {
    it.effect(`a TIFF compressed by ${compression}`, () =>
      Effect.gen(function* () {
        const png = yield* Effect.promise(() => picture.encode("png"))
        const tiff = sharp(png).tiff({ compression })
        const { pages } = yield* extractBytes(yield* Effect.promise(() => tiff.toBuffer()), "image/tiff")
        assert.match(pages[0]?.text ?? "", pictureText)
      })
    )
  }

  it.effect("the paragraphs of a Word document", () =>
    Effect.gen(function* () {
      const file = yield* Effect.promise(() => docxOf("Dear reader,", "the end – naïve 文"))
      const { pages } = yield* extractBytes(file, docx)
      assert.deepStrictEqual(pages, [{ number: 1, text: "Dear reader,\n\nthe end – naïve 文", source: "text" }])
    })
  )

  it.effect("UTF-8 text without its byte order mark and without NUL", () =>
    Effect.gen(function* () {
      const { pages } = yield* extractBytes(Buffer.from("\uFEFFgrüße\u0000 🪁\n"), "text/plain")
      assert.deepStrictEqual(pages, [{ number: 1, text: "grüße 🪁\n", source: "text" }])
    })
  )
})

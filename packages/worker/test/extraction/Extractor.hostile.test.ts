import { deflateSync } from "node:zlib"
import { assert } from "@effect/vitest"
import type { ContentType } from "@kite/domain/documents/Document"
import type { FailureCode } from "@kite/domain/documents/Extraction"
import { declaring, docxOf, docxWithBody, zipOfEntries } from "@kite/testkit/files/DocxFile"
import { jpegOfSize, pictureOf, pngOfSize, tiffOf } from "@kite/testkit/files/ImageFile"
import { excelOf, wordOf } from "@kite/testkit/files/OfficeFile"
import {
  addTextPage,
  deflatedSpaces,
  encryptedPdf,
  pdfOf,
  pdfOfContent,
  pdfOfEmptyPages
} from "@kite/testkit/files/PdfFile"
import { suite } from "@kite/testkit/Suite"
import { defaultLimits, ExtractionLimits } from "@kite/worker/extraction/ExtractionLimits"
import { Extractor } from "@kite/worker/extraction/Extractor"
import { Effect, Layer } from "effect"
import { docx, extractBytes, xlsx } from "../fixtures/ExtractBytes.ts"

const pdf: ContentType = "application/pdf"
const gibibyte = 1024 * 1024 * 1024

const textPdf = () => pdfOf((file) => addTextPage(file, ["some text"]))

type Row = readonly [string, ContentType, FailureCode, () => Promise<Uint8Array> | Uint8Array]

const hostile: ReadonlyArray<Row> = [
  ["a PDF with a password", pdf, "encrypted", encryptedPdf],
  ["bytes that only start like a PDF", pdf, "corrupt", () => Buffer.from("%PDF-1.7\nnothing")],
  ["a PDF cut off in the middle", pdf, "corrupt", async () => (await textPdf()).subarray(0, 400)],
  ["an empty file as a PDF", pdf, "corrupt", () => new Uint8Array()],
  ["a page of 2,000,000 x 2,000,000 points", pdf, "too-large", () => pdfOfEmptyPages(1, [2_000_000, 2_000_000])],
  ["a page with more text than is allowed", pdf, "too-large", () => pdfOfContent(endlessText())],
  ["a PNG of 30,000 x 30,000 pixels", "image/png", "too-large", () => pngOfSize(30_000, 30_000)],
  ["a JPEG of 60,000 x 60,000 pixels", "image/jpeg", "too-large", () => jpegOfSize(60_000, 60_000)],
  ["a TIFF that claims 30,000 x 30,000 pixels", "image/tiff", "too-large", () => tiffOf([tiny], side(30_000))],
  ["an SVG declared as PNG", "image/png", "corrupt", () => Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>')],
  ["a PNG without its pixels", "image/png", "corrupt", () => pngOfSize(100, 100)],
  ["a TIFF whose directory lies outside", "image/tiff", "corrupt", () => Buffer.from("II*\0\xff\xff\0\0", "latin1")],
  ["noise as a WebP", "image/webp", "corrupt", () => Buffer.from("RIFF....WEBPnoise noise noise noise")],
  ["a DOCX that unpacks to 1 GiB", docx, "too-large", async () => declaring(await docxOf("x"), gibibyte)],
  ["a DOCX of 10,001 files", docx, "too-large", () => zipOfEntries(10_001)],
  ["a ZIP that is no Word document", docx, "corrupt", () => zipOfEntries(1)],
  ["a DOCX cut off in the middle", docx, "corrupt", async () => (await docxOf("x")).subarray(0, 500)],
  [
    "a Word document with a password",
    docx,
    "encrypted",
    () => Buffer.from("d0cf11e0a1b11ae1".padEnd(1024, "0"), "hex")
  ],
  ["a DOCX that unpacks to more than it says", docx, "too-large", () => declaring(bomb(), 10)],
  ["a DOCX whose XML ends too early", docx, "corrupt", () => docxWithBody("<w:p>")],
  ["a DOCX nested 100,000 deep", docx, "too-large", () => docxWithBody("<w:sdt>".repeat(100_000))],
  ["a workbook of more text than is allowed", xlsx, "too-large", () => endlessWorkbook()]
]

const bomb = () => wordOf(" ".repeat(300 * 1024 * 1024))
/** One long shared text in thousands of cells. */
const endlessWorkbook = () =>
  excelOf({ Sheet: [Array.from({ length: 2_000 }, () => '<c t="s"><v>0</v></c>')] }, ["x".repeat(100)])
const tiny = pictureOf(["x"], 10, 20)
const side = (pixels: number) => ({ width: pixels, height: pixels })
const endlessText = () => deflateSync("BT /F 9 Tf 1 0 0 1 40 700 Tm (hello world, hello) Tj ET ".repeat(20_000))

const Tight = Layer.succeed(ExtractionLimits, { ...defaultLimits, maxCharacters: 100_000 })

suite(Extractor.layer({ concurrency: 1, languages: ["eng"] }).pipe(Layer.provide(Tight)))("Extractor refuses", (it) => {
  for (const [name, contentType, code, bytes] of hostile) {
    it.effect(`${name}: ${code}`, () =>
      Effect.gen(function* () {
        const file = yield* Effect.promise(async () => bytes())
        const failure = yield* Effect.flip(extractBytes(file, contentType))
        assert.strictEqual(failure.code, code, failure.message)
        assert.notMatch(failure.message, /[/\\]|Error|undefined|NaN/)
        const next = yield* extractBytes(Buffer.from("still here"), "text/plain")
        assert.strictEqual(next.pages[0]?.text, "still here")
      })
    )
  }
})

const small = 400 * 1024 * 1024
const Small = Layer.succeed(ExtractionLimits, { ...defaultLimits, maxResidentBytes: small })

suite(Extractor.layer({ concurrency: 1, languages: ["eng"] }).pipe(Layer.provide(Small)))(
  "Extractor survives",
  (it) => {
    const bombs: ReadonlyArray<readonly [string, ContentType, () => Promise<Uint8Array> | Uint8Array]> = [
      ["a page that inflates to 1 GiB", pdf, () => pdfOfContent(deflatedSpaces(gibibyte))]
    ]
    it.effect("a Word document of a million nodes in little memory", () =>
      Effect.gen(function* () {
        const file = yield* Effect.promise(() => docxWithBody("<w:p/>".repeat(1_000_000)))
        const { pages } = yield* extractBytes(file, docx)
        assert.deepStrictEqual(pages, [{ number: 1, text: "", source: "text" }])
      })
    )

    for (const [name, contentType, bytes] of bombs) {
      it.effect(`${name}: out-of-memory, and the next document is read`, () =>
        Effect.gen(function* () {
          const file = yield* Effect.promise(async () => bytes())
          const failure = yield* Effect.flip(extractBytes(file, contentType))
          assert.strictEqual(failure.code, "out-of-memory", failure.message)
          const next = yield* extractBytes(Buffer.from("still here"), "text/plain")
          assert.strictEqual(next.pages[0]?.text, "still here")
        })
      )
    }
  }
)

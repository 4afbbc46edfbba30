import { deflateSync } from "node:zlib"
import { assert, describe, it, layer } from "@effect/vitest"
import { pictureOf } from "@kite/testkit/files/ImageFile"
import {
  addStampedPage,
  addTextPage,
  fillForm,
  pdfOf,
  pdfOfContent,
  pdfOfEmptyPages,
  pdfOfObjects
} from "@kite/testkit/files/PdfFile"
import { Extractor } from "@kite/worker/extraction/Extractor"
import { Effect } from "effect"
import { extractBytes } from "../fixtures/ExtractBytes.ts"
import { withLimits } from "../fixtures/LimitedExtractor.ts"

const pdf = "application/pdf"

const textOf = (bytes: Uint8Array) => Effect.map(extractBytes(bytes, pdf), ({ pages }) => pages[0]?.text)

/** Text at places on the page, in the order given, 20 points high. */
type Placed = readonly [text: string, x: number, y: number]
const placed = (...runs: ReadonlyArray<Placed>) =>
  deflateSync(runs.map(([text, x, y]) => `BT /F 20 Tf 1 0 0 1 ${x} ${y} Tm (${text}) Tj ET`).join("\n"))

/** A font whose letters A to Z are the Hebrew ones from alef on, each half as wide as it is high. */
const hebrewFont = `<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /FirstChar 65 /LastChar 91 /Widths [${"500 ".repeat(27)}]
  /Encoding << /Differences [65 ${Array.from({ length: 27 }, (_, n) => `/afii${57664 + n}`).join(" ")}] >> >>`
const hebrew = (letters: string) =>
  letters.replace(/[A-Z[]/g, (letter) => String.fromCharCode(0x05d0 + letter.charCodeAt(0) - 65))

/** What it is about, where runs stand, how they are read. A letter of Helvetica is some 11 points wide. */
const placements: ReadonlyArray<readonly [string, ReadonlyArray<Placed>, string]> = [
  [
    "runs that touch as one word",
    [
      ["in", 100, 700],
      ["voice", 115.6, 700]
    ],
    "invoice"
  ],
  [
    "runs apart as two words",
    [
      ["due", 100, 700],
      ["today", 150, 700]
    ],
    "due today"
  ],
  [
    "columns of a table apart",
    [
      ["12", 100, 700],
      ["34", 300, 700],
      ["56", 100, 670]
    ],
    "12 34\n56"
  ],
  [
    "runs at other heights as lines",
    [
      ["one", 100, 700],
      ["two", 100, 676]
    ],
    "one\ntwo"
  ],
  [
    "small digits above the line as part of it",
    [
      ["m", 100, 700],
      ["2", 116.7, 706]
    ],
    "m2"
  ],
  [
    "what is printed twice once",
    [
      ["bold", 100, 700],
      ["bold", 100.4, 700],
      ["text", 160, 700]
    ],
    "bold text"
  ],
  [
    "glyphs that are printed twice, each after the other, once",
    [
      ["B", 100, 700],
      ["B", 100.6, 700],
      ["O", 113.3, 700],
      ["O", 113.9, 700],
      ["L", 128.9, 700],
      ["L", 129.5, 700],
      ["D", 140, 700],
      ["D", 140.6, 700]
    ],
    "BOLD"
  ],
  [
    "double letters twice",
    [
      ["l", 100, 700],
      ["l", 104.5, 700]
    ],
    "ll"
  ],
  [
    "a hyphen at the end of a line where it stands",
    [
      ["cap-", 100, 700],
      ["tions", 100, 676]
    ],
    "cap-\ntions"
  ]
]

const stream = (dictionary: string, data: Uint8Array) =>
  Buffer.concat([Buffer.from(`<< ${dictionary} /Length ${data.length} >>\nstream\n`), data, Buffer.from("\nendstream")])

/** A page that shows one image of this dictionary and data, and further objects that the page's entries may name from 6 on. */
const pageOfImage = (dictionary: string, data: Uint8Array, entries = "", ...others: ReadonlyArray<string>) =>
  pdfOfObjects([
    "<< /Type /Catalog /Pages 2 0 R >>",
    "<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
    `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 600] /Contents 4 0 R /Resources << /XObject << /I 5 0 R >> >> ${entries} >>`,
    stream("", Buffer.from("q 600 0 0 600 0 0 cm /I Do Q")),
    stream(`/Type /XObject /Subtype /Image /ColorSpace /DeviceGray ${dictionary}`, data),
    ...others
  ])

/** A form of one label and one field (XFA 3.3); the PDF around it has an empty page. */
const xfaForm = pdfOfObjects([
  "<< /Type /Catalog /Pages 2 0 R /NeedsRendering true /AcroForm << /Fields [] /XFA 4 0 R >> >>",
  "<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
  "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 600] >>",
  stream(
    "",
    Buffer.from(`<xdp:xdp xmlns:xdp="http://ns.adobe.com/xdp/"><template xmlns="http://www.xfa.org/schema/xfa-template/3.3/">
      <subform name="form" layout="tb"><pageSet><pageArea name="P"><contentArea w="190mm" h="270mm"/>
      <medium stock="a4" short="210mm" long="297mm"/></pageArea></pageSet><subform name="s" w="190mm" layout="tb">
      <draw w="90mm" h="9mm"><value><text>A label</text></value></draw><field name="f" w="90mm" h="9mm"><ui><textEdit/></ui>
      <caption reserve="30mm"><value><text>Your name</text></value></caption></field></subform></subform></template>
      <xfa:datasets xmlns:xfa="http://www.xfa.org/schema/xfa-data/1.0/"><xfa:data><form><s><f>Wilhelmina</f></s></form>
      </xfa:data></xfa:datasets></xdp:xdp>`)
  )
])

/** The gray pixels of a picture, deflated; each enlarged to squares of so many a side. */
const grayOf = (picture: ReturnType<typeof pictureOf>, factor: number) => {
  const { width, height } = picture
  const rgba = picture.data()
  const rows = Array.from({ length: height }, (_, y) =>
    Buffer.concat(
      Array<Buffer>(factor).fill(
        Buffer.from(
          Uint8Array.from({ length: width * factor }, (_, x) => rgba[(y * width + Math.floor(x / factor)) * 4] ?? 0)
        )
      )
    )
  )
  return { data: deflateSync(Buffer.concat(rows)), size: `/Width ${width * factor} /Height ${height * factor}` }
}

layer(Extractor.layer({ concurrency: 1, languages: ["eng"] }), { excludeTestServices: true, timeout: "60 seconds" })(
  "Extractor reads of PDFs",
  (it) => {
    for (const [name, runs, text] of placements) {
      it.effect(name, () =>
        Effect.gen(function* () {
          assert.strictEqual(yield* textOf(pdfOfContent(placed(...runs))), text)
        })
      )
    }

    it.effect("right-to-left lines from the right, drawn in either direction, with their numbers", () =>
      Effect.gen(function* () {
        // Two words, "ABC" to the right of "DEFG": as most programs draw them, by glyphs from the left.
        const whole = placed(["GFED", 100, 700], ["CBA", 160, 700])
        assert.strictEqual(yield* textOf(pdfOfContent(whole, hebrewFont)), hebrew("ABC DEFG"))
        const single = placed(["A", 180, 700], ["B", 170, 700], ["C", 160, 700], ["D", 130, 700], ["E", 120, 700])
        assert.strictEqual(yield* textOf(pdfOfContent(single, hebrewFont)), hebrew("ABC DE"))
      })
    )

    it.effect("form values, ticked boxes and annotations of their page", () =>
      Effect.gen(function* () {
        const file = yield* Effect.promise(() =>
          pdfOf(
            (file) => addTextPage(file, ["Name:"]),
            (file) => fillForm(file, { name: "Wilhelmina", ticked: "newsletter", chosen: "green", remark: "a remark" })
          )
        )
        assert.strictEqual(yield* textOf(file), "Name:\nWilhelmina\nnewsletter: Yes\ngreen\na remark")
      })
    )

    it.effect("a form that consists of XFA alone, with what was typed into it", () =>
      Effect.gen(function* () {
        assert.strictEqual(yield* textOf(xfaForm), "A label\nYour name\nWilhelmina")
      })
    )

    it.effect("a scan with a stamp by its text and by OCR, and says so", () =>
      Effect.gen(function* () {
        const jpeg = yield* Effect.promise(() =>
          pictureOf(
            ["The lanterns are paid", "and so is the music", ...Array<string>(10).fill("and the food as well")],
            40,
            600
          ).encode("jpeg", 90)
        )
        const stamped = yield* Effect.promise(() => pdfOf((file) => addStampedPage(file, jpeg, "Scanned with an app")))
        const [page] = (yield* extractBytes(stamped, pdf)).pages
        assert.match(page?.text ?? "", /^Scanned with an app\nThe lanterns are paid/)
        assert.strictEqual(page?.source, "text+ocr")
        assert.isAbove(page?.ocrConfidence ?? 0, 80)
        const small = yield* Effect.promise(() => pictureOf(["x"], 10, 2000).encode("jpeg", 90))
        const withLogo = yield* Effect.promise(() =>
          pdfOf((file) => addStampedPage(file, small, "A letter with a logo"))
        )
        assert.deepStrictEqual((yield* extractBytes(withLogo, pdf)).pages, [
          { number: 1, text: "A letter with a logo", source: "text" }
        ])
      })
    )

    it.effect("an image of more than 50 megapixels", () =>
      Effect.gen(function* () {
        const { data, size } = grayOf(pictureOf(["A huge", "placard"], 200, 900), 9)
        const [page] = (yield* extractBytes(pageOfImage(`${size} /BitsPerComponent 8 /Filter /FlateDecode`, data), pdf))
          .pages
        assert.match(page?.text ?? "", /huge\s+placard/i)
      })
    )

    it.effect("a page turned by its /Rotate, and one whose unit is larger than a point", () =>
      Effect.gen(function* () {
        const { data, size } = grayOf(
          pictureOf(
            ["Seventeen invoices", "are due today", ...Array<string>(7).fill("and the next ones too")],
            60,
            900
          ),
          1
        )
        const image = `${size} /BitsPerComponent 8 /Filter /FlateDecode`
        for (const entries of ["/Rotate 180", "/Rotate 90", "/UserUnit 3"]) {
          const [page] = (yield* extractBytes(pageOfImage(image, data, entries), pdf)).pages
          assert.match(page?.text ?? "", /Seventeen invoices/i, entries)
        }
      })
    )

    it.effect("a file with a printer's header before it", () =>
      Effect.gen(function* () {
        const file = pdfOfContent(placed(["payed", 100, 700]))
        assert.strictEqual(yield* textOf(Buffer.concat([Buffer.from("\x1b%-12345X@PJL JOB\r\n"), file])), "payed")
      })
    )

    it.effect("nothing of an image that is damaged or too large: the page fails with the reason", () =>
      Effect.gen(function* () {
        const broken = pageOfImage(
          "/Width 500 /Height 500 /BitsPerComponent 8 /Filter /DCTDecode",
          Buffer.from("no image")
        )
        assert.strictEqual((yield* Effect.flip(extractBytes(broken, pdf))).code, "corrupt")
        const huge = pageOfImage(
          "/Width 30000 /Height 30000 /BitsPerComponent 1 /Filter /FlateDecode",
          deflateSync(Buffer.alloc(9))
        )
        assert.strictEqual((yield* Effect.flip(extractBytes(huge, pdf))).code, "too-large")
      })
    )

    it.effect("the pages that can be read, and names the others", () =>
      Effect.gen(function* () {
        const file = yield* Effect.promise(() =>
          pdfOf(
            (file) => addTextPage(file, ["first"]),
            (file) => void file.addPage([2_000_000, 2_000_000]),
            (file) => addTextPage(file, ["third"]),
            (file) => void file.addPage([2_000_000, 2_000_000])
          )
        )
        const { pages, notices } = yield* extractBytes(file, pdf)
        assert.deepStrictEqual(
          pages.map(({ text }) => text),
          ["first", "", "third", ""]
        )
        assert.deepStrictEqual(notices, [
          { code: "pages-failed", message: "The page is too large to be drawn for reading.", pages: [2, 4] }
        ])
      })
    )
  }
)

describe("Extractor leaves out", () => {
  it.live("the pages after the first so many, and says so", () =>
    Effect.gen(function* () {
      const { pages, notices } = yield* extractBytes(pdfOfEmptyPages(5), pdf)
      assert.lengthOf(pages, 3)
      assert.deepStrictEqual(notices, [
        { code: "pages-left-out", message: "The file has 5 pages; the first 3 are read." }
      ])
    }).pipe(withLimits({ maxPages: 3 }))
  )
})

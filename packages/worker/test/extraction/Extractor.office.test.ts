import { assert, layer } from "@effect/vitest"
import type { ContentType } from "@kite/domain/documents/Document"
import {
  excelOf,
  openDocumentOf,
  paragraph,
  powerPointOf,
  type WordParts,
  wordOf,
  wordPart
} from "@kite/testkit/files/OfficeFile"
import { Extractor } from "@kite/worker/extraction/Extractor"
import { Effect } from "effect"
import { docx, extractBytes, xlsx } from "../fixtures/ExtractBytes.ts"

const pptx: ContentType = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
const odt: ContentType = "application/vnd.oasis.opendocument.text"

const textsOf = (bytes: Uint8Array, type: ContentType) =>
  Effect.map(extractBytes(bytes, type), ({ pages }) => pages.map(({ text }) => text))

const run = (content: string) => `<w:r>${content}</w:r>`
const text = (value: string) => run(`<w:t xml:space="preserve">${value}</w:t>`)
const field = (type: string) => run(`<w:fldChar w:fldCharType="${type}"/>`)
const box = (value: string) => `<w:txbxContent>${paragraph(value)}</w:txbxContent>`
const note = (kind: string, id: number, value: string) =>
  wordPart(`${kind}s`, `<w:${kind} w:id="0"><w:p/></w:${kind}><w:${kind} w:id="${id}">${paragraph(value)}</w:${kind}>`)

/** What it is about, the body, the pages that are read of it. */
const words: ReadonlyArray<readonly [string, string, ReadonlyArray<string>]> = [
  [
    "breaks and tabs as separators",
    `<w:p>${run("<w:t>a</w:t><w:br/><w:t>b</w:t><w:cr/><w:t>c</w:t><w:tab/><w:t>d</w:t><w:ptab/><w:t>e</w:t>")}</w:p>`,
    ["a\nb\nc\td\te"]
  ],
  [
    "tab stops as none",
    `<w:p><w:pPr><w:tabs><w:tab w:pos="1"/></w:tabs></w:pPr>${text("one")}${text("word")}</w:p>`,
    ["oneword"]
  ],
  [
    "cells and rows apart",
    `<w:tbl><w:tr>${["a", "b"].map((cell) => `<w:tc>${paragraph(cell)}</w:tc>`).join("")}</w:tr><w:tr><w:tc>${paragraph("c")}</w:tc></w:tr></w:tbl>`,
    ["a\nb\nc"]
  ],
  [
    "soft hyphens not at all, in either form",
    `<w:p>${run("<w:t>ship</w:t><w:softHyphen/><w:t>ment</w:t>")}${text(" in\u00advoice")}</w:p>`,
    ["shipment invoice"]
  ],
  [
    "what was deleted or moved away not, what was inserted or moved here",
    `<w:p><w:del>${run("<w:delText>gone</w:delText>")}</w:del><w:moveFrom>${text("from")}</w:moveFrom><w:ins>${text("new")}</w:ins><w:moveTo>${text(" here")}</w:moveTo></w:p>`,
    ["new here"]
  ],
  [
    "results of fields and not their code, also of fields within fields",
    `<w:p><w:fldSimple w:instr="PAGE">${text("7")}</w:fldSimple>${field("begin")}${run("<w:instrText>IF </w:instrText>")}${field("begin")}${field("separate")}${text("inner")}${field("end")}${field("separate")}${text(" outer")}${field("end")}${text(" after")}</w:p>`,
    ["7 outer after"]
  ],
  [
    "the paragraph after a field that never ends",
    `<w:p>${field("begin")}${text("x")}</w:p>${paragraph("after")}`,
    ["after"]
  ],
  [
    "the base of ruby text",
    `<w:p><w:r><w:ruby><w:rt>${text("とう")}</w:rt><w:rubyBase>${text("東")}</w:rubyBase></w:ruby></w:r>${text("京")}</w:p>`,
    ["東京"]
  ],
  [
    "a text box once, after the word it is anchored in",
    `<w:p>${text("Wo")}<w:r><mc:AlternateContent><mc:Choice>${box("box")}</mc:Choice><mc:Fallback>${box("box")}</mc:Fallback></mc:AlternateContent></w:r>${text("rd")}</w:p>`,
    ["Word\n\nbox"]
  ],
  [
    "the fallback where the choice has no text",
    `<w:p><w:r><mc:AlternateContent><mc:Choice><a:graphic/></mc:Choice><mc:Fallback>${box("fallback")}</mc:Fallback></mc:AlternateContent></w:r></w:p>`,
    ["fallback"]
  ],
  [
    "formulas",
    "<w:p><m:oMath><m:f><m:num><m:r><m:t>alpha</m:t></m:r></m:num><m:den><m:r><m:t>beta</m:t></m:r></m:den></m:f></m:oMath></w:p>",
    ["alpha beta"]
  ],
  [
    "a page after each break, however many ways it is said in",
    `${paragraph("one")}<w:p>${run('<w:br w:type="page"/>')}</w:p><w:p><w:pPr><w:pageBreakBefore/></w:pPr>${run("<w:lastRenderedPageBreak/><w:t>two</w:t>")}</w:p>`,
    ["one", "two"]
  ],
  ["entities, and none that the file defines", "<w:p><w:r><w:t>a &lt; b &amp; c</w:t></w:r></w:p>", ["a < b & c"]]
]

const parts: WordParts = {
  header: { name: "header1.xml", content: wordPart("hdr", paragraph("header")) },
  footer: { name: "footer1.xml", content: wordPart("ftr", paragraph("footer")) },
  footnotes: { name: "footnotes.xml", content: note("footnote", 2, "footnote") },
  endnotes: { name: "endnotes.xml", content: note("endnote", 2, "endnote") },
  comments: { name: "comments.xml", content: note("comment", 3, "comment") },
  aFChunk: { name: "chunk.html", content: "<html><body><p>alternative<br>chunk" }
}

layer(Extractor.layer({ concurrency: 1, languages: ["eng"] }), { excludeTestServices: true, timeout: "30 seconds" })(
  "Extractor reads of Office documents",
  (it) => {
    for (const [name, body, pages] of words) {
      it.effect(name, () =>
        Effect.gen(function* () {
          assert.deepStrictEqual(yield* textsOf(wordOf(body), docx), pages)
        })
      )
    }

    it.effect("headers, footers, notes, comments and chunks where they belong", () =>
      Effect.gen(function* () {
        const reference = (kind: string, id: number) => run(`<w:${kind}Reference w:id="${id}"/>`)
        const body = `<w:p>${text("first")}${reference("footnote", 2)}${reference("endnote", 2)}${reference("comment", 3)}</w:p>
          <w:p>${run('<w:br w:type="page"/>')}</w:p>${paragraph("second")}<w:altChunk r:id="aFChunk"/>`
        assert.deepStrictEqual(yield* textsOf(wordOf(body, parts), docx), [
          "header\n\nfirst\n\nfootnote\n\ncomment\n\nfooter",
          "second\n\nalternative\nchunk\n\nendnote"
        ])
      })
    )

    it.effect("a page for each sheet: names, text, numbers, days as dates, shared text", () =>
      Effect.gen(function* () {
        const day = '<c s="1"><v>46351</v></c>'
        const shared = '<c t="s"><v>1</v></c>'
        const bytes = excelOf(
          {
            Budget: [
              ["Item", "Cost"],
              ["Lanterns", "99.5", day]
            ],
            Empty: [],
            Other: [[shared]]
          },
          ["a", "b"]
        )
        assert.deepStrictEqual(yield* textsOf(bytes, xlsx), [
          "Budget\nItem\tCost\nLanterns\t99.5\t2026-11-25",
          "Empty",
          "Other\nb"
        ])
      })
    )

    it.effect("a page for each slide in the order they are shown, with the speaker's notes", () =>
      Effect.gen(function* () {
        const bytes = powerPointOf([["Title", "Subtitle"], [], ["Last"]], "Say hello")
        assert.deepStrictEqual(yield* textsOf(bytes, pptx), ["Title\nSubtitle\n\nSay hello", "", "Last"])
      })
    )

    it.effect("an OpenDocument text: breaks, spaces, tables, notes, boxes, header, no deleted text", () =>
      Effect.gen(function* () {
        const bytes = openDocumentOf(
          `<text:tracked-changes><text:deletion><text:p>deleted</text:p></text:deletion></text:tracked-changes>
          <text:h>Title</text:h>
          <text:p>a<text:line-break/>b<text:tab/>c<text:s text:c="2"/>d<text:note><text:note-citation>1</text:note-citation><text:note-body><text:p>note</text:p></text:note-body></text:note>e</text:p>
          <table:table><table:table-row><table:table-cell><text:p>x</text:p></table:table-cell>
            <table:table-cell><text:p>y</text:p></table:table-cell></table:table-row></table:table>
          <text:p text:style-name="Break">next<draw:text-box><text:p>box</text:p></draw:text-box></text:p>`,
          "<text:p>header</text:p>"
        )
        assert.deepStrictEqual(yield* textsOf(bytes, odt), [
          "header\n\nTitle\n\na\nb\tc  de\n\nnote\n\nx\ny",
          "next\n\nbox"
        ])
      })
    )
  }
)

import { assert, layer } from "@effect/vitest"
import { Extractor } from "@kite/worker/extraction/Extractor"
import { Effect } from "effect"
import { extractBytes } from "../fixtures/ExtractBytes.ts"

const hex = (digits: string) => Buffer.from(digits.replaceAll(" ", ""), "hex")
/** Every character by its place in the encoding, for encodings of one byte. */
const encode = (text: string, encoding: string) => {
  const table = new Map<string, number>()
  const decoder = new TextDecoder(encoding)
  for (let byte = 255; byte >= 0; byte--) table.set(decoder.decode(Uint8Array.of(byte)), byte)
  return Uint8Array.from(text, (character) => table.get(character) ?? 63)
}

const russian =
  "Комитет фестиваля встретился во вторник вечером, чтобы обсудить бюджет на фонари и музыку, и решил пригласить всех, кто помогал раньше."
const greek =
  "Η επιτροπή του φεστιβάλ συναντήθηκε την Τρίτη το βράδυ για να συζητήσει τον προϋπολογισμό για τα φανάρια και τη μουσική."
const polish =
  "Komitet festiwalu spotkał się we wtorek wieczorem, żeby omówić budżet na lampiony i muzykę, i postanowił zaprosić wszystkich."

const encodings: ReadonlyArray<readonly [string, string, Uint8Array]> = [
  ["utf-8", "Grüße\n", Buffer.from("Grüße\n")],
  ["utf-16le", "Grüße 東京\n", Buffer.from("\ufeffGrüße 東京\n", "utf16le")],
  ["utf-16be", "Grüße\n", Buffer.from("\ufeffGrüße\n", "utf16le").swap16()],
  ["utf-16le", "Zürich, no mark\n", Buffer.from("Zürich, no mark\n", "utf16le")],
  ["utf-16be", "Zürich, no mark\n", Buffer.from("Zürich, no mark\n", "utf16le").swap16()],
  ["windows-1252", "Zürich", encode("Zürich", "windows-1252")],
  ["windows-1252", "“naïve” — €5", encode("“naïve” — €5", "windows-1252")],
  ["windows-1251", russian, encode(russian, "windows-1251")],
  ["koi8-r", russian, encode(russian, "koi8-r")],
  ["windows-1253", greek, encode(greek, "windows-1253")],
  ["iso-8859-2", polish, encode(polish, "iso-8859-2")],
  // "これは日本語の文章です。" three times
  ["shift_jis", "これは日本語です。".repeat(3), hex("82b182ea82cd93fa967b8cea82c582b78142".repeat(3))],
  ["iso-2022-jp", "日本", hex("1b2442 467c 4b5c 1b2842")]
]

const mail = [
  "From: =?utf-8?q?Anna_M=C3=BCller?= <anna@example.org>",
  "To: Bob <bob@example.org>, carol@example.net",
  "Subject: =?iso-8859-1?q?Gr=FC=DFe?=",
  "Date: Wed, 25 Nov 2026 10:00:00 +0000",
  'Content-Type: multipart/mixed; boundary="b"',
  "",
  "--b",
  "Content-Type: text/plain; charset=iso-8859-1",
  "Content-Transfer-Encoding: quoted-printable",
  "",
  "Die Rechnung =FCber f=FCnfzig",
  "--b",
  'Content-Type: application/pdf; name="Rechnung 7.pdf"',
  'Content-Disposition: attachment; filename="Rechnung 7.pdf"',
  "Content-Transfer-Encoding: base64",
  "",
  "JVBERi0xLjc=",
  "--b--",
  ""
].join("\r\n")

const html = `<!DOCTYPE html><html><head><title>The title</title><style>p { color: red }</style>
  <script>var hidden = "<p>not shown</p>"</script></head><body><h1>Head&shy;ing</h1><p>first&nbsp;line<br>second
  line</p><table><tr><td>a<td>b</tr></table><img alt="a picture"><b>bo</b>ld &euro;5<!-- comment --></body></html>`

const rtf = String.raw`{\rtf1\ansi\ansicpg1252\deff0{\fonttbl{\f0 Times;}{\f1\fcharset204 Arial;}}{\info{\title secret}}
{\*\generator x;}\pard Gr\'fc\'dfe \u8364?5\par second\line third\tab fourth\~x {\b bo}ld\par
{\f1 \'cf\'f0\'e8\'e2\'e5\'f2}\page next {\field{\*\fldinst HYPERLINK}{\fldrslt link}} \{brace\} soft\-hyphen\emdash end}`

layer(Extractor.layer({ concurrency: 1, languages: ["eng"] }), { excludeTestServices: true, timeout: "30 seconds" })(
  "Extractor reads of texts",
  (it) => {
    for (const [encoding, text, bytes] of encodings) {
      it.effect(`${encoding}: ${text.slice(0, 20).trim()}`, () =>
        Effect.gen(function* () {
          const read = yield* extractBytes(bytes, "text/plain")
          assert.deepStrictEqual([read.pages[0]?.text, read.encoding], [text, encoding])
        })
      )
    }

    it.effect("a page in HTML without its markup, in the encoding that it declares", () =>
      Effect.gen(function* () {
        const { pages } = yield* extractBytes(Buffer.from(html), "text/html")
        assert.strictEqual(
          pages[0]?.text,
          "The title\n\nHeading\n\nfirst\u00a0line\nsecond line\n\na\tb\n\na picture bold €5"
        )
        const declared = Buffer.concat([Buffer.from('<html><meta charset="windows-1251"><p>'), hex("cff0e8e2e5f2")])
        const read = yield* extractBytes(declared, "text/html")
        assert.deepStrictEqual([read.pages[0]?.text, read.encoding], ["Привет", "windows-1251"])
      })
    )

    it.effect("broken and endlessly nested HTML in no time", () =>
      Effect.gen(function* () {
        const started = performance.now()
        for (const part of ["<div>", "</span>", "<b", "<!--", "&amp", "<a b='"]) {
          yield* extractBytes(Buffer.from(`<html>${part.repeat(500_000)}`), "text/html")
        }
        assert.isBelow(performance.now() - started, 15_000)
      })
    )

    it.effect("subject, addresses and text of a mail, and the names of what is attached", () =>
      Effect.gen(function* () {
        const { pages } = yield* extractBytes(Buffer.from(mail), "message/rfc822")
        assert.strictEqual(
          pages[0]?.text.trim(),
          [
            "Subject: Grüße",
            "From: Anna Müller <anna@example.org>",
            "To: Bob <bob@example.org>, <carol@example.net>",
            "Date: 2026-11-25T10:00:00.000Z",
            "",
            "Die Rechnung über fünfzig",
            "",
            "Attachment: Rechnung 7.pdf"
          ].join("\n")
        )
        const onlyHtml = "From: a@b.org\r\nDate: x\r\nContent-Type: text/html\r\n\r\n<p>one<p>two"
        const read = yield* extractBytes(Buffer.from(onlyHtml), "message/rfc822")
        assert.match(read.pages[0]?.text ?? "", /one\n\ntwo$/)
      })
    )

    it.effect("the text of RTF, in the code pages of its fonts", () =>
      Effect.gen(function* () {
        const { pages } = yield* extractBytes(Buffer.from(rtf), "application/rtf")
        assert.deepStrictEqual(
          pages.map(({ text }) => text),
          ["Grüße €5\n\nsecond\nthird\tfourth\u00a0x bold\n\nПривет", "next link {brace} softhyphen—end"]
        )
      })
    )
  }
)

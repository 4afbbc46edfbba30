import { assert, describe, it } from "@effect/vitest"
import { readPartHeaders } from "@kite/server/documents/multipart/PartHeaders"
import fc from "fast-check"

const read = (disposition: string | Buffer) =>
  readPartHeaders(Buffer.concat([Buffer.from("Content-Disposition: "), Buffer.from(disposition)]))
const filename = (parameters: string | Buffer) =>
  read(Buffer.concat([Buffer.from('form-data; name="file"; '), Buffer.from(parameters)]))?.filename
const latin1 = (text: string) => Buffer.from(text, "latin1")

describe("the name of an uploaded file", () => {
  it.each<[string, string | Buffer, string]>([
    ["Go, curl before 7.81", String.raw`filename="12\" display.txt"`, '12" display.txt'],
    ["Go, a backslash", String.raw`filename="a\\b.txt"`, String.raw`a\b.txt`],
    ["browsers, curl, Python", 'filename="12%22 display.txt"', '12" display.txt'],
    ["clients that escape nothing", 'filename="12" display.txt"', '12" display.txt'],
    ["clients that escape nothing, more parameters", 'filename="12" x.txt"; size=5', '12" x.txt'],
    ["a path of Windows", String.raw`filename="C:\scans\new.pdf"`, String.raw`C:\scans\new.pdf`],
    ["UTF-8", 'filename="Grüße.txt"', "Grüße.txt"],
    ["Latin-1", latin1('filename="Grüße.txt"'), "Grüße.txt"],
    ["RFC 2047, base64", 'filename="=?UTF-8?B?R3LDvMOfZS50eHQ=?="', "Grüße.txt"],
    ["RFC 2047, quoted-printable", 'filename="=?iso-8859-1?Q?Gr=FC=DFe_zwei.txt?="', "Grüße zwei.txt"],
    ["RFC 2047, two words", 'filename="=?utf-8?Q?Gr=C3=BC?= =?utf-8?Q?=C3=9Fe.txt?="', "Grüße.txt"],
    ["RFC 2047, an unknown charset", 'filename="=?x-none?Q?a?=.txt"', "=?x-none?Q?a?=.txt"],
    ["RFC 8187", `filename="Gr.txt"; filename*=UTF-8''Gr%C3%BC%C3%9Fe.txt`, "Grüße.txt"],
    ["RFC 8187, Latin-1", "filename*=iso-8859-1'de'Gr%FC%DFe.txt", "Grüße.txt"],
    ["RFC 8187, malformed", `filename="a.txt"; filename*=UTF-8''%C3`, "a.txt"],
    ["a token", "filename=note.txt", "note.txt"],
    ["a semicolon", 'filename="a; b=c.txt"', "a; b=c.txt"],
    ["nothing", 'filename=""', ""]
  ])("is decoded as clients write it: %s", (_client, parameters, expected) =>
    assert.strictEqual(filename(parameters), expected)
  )

  it("may be missing", () => {
    assert.deepStrictEqual(read('form-data; name="file"'), { name: "file", filename: undefined, isBinary: false })
  })

  it("comes back from any client's escapes", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (name) => {
        const clean = name.replace(/\p{Cc}|%|=\?/gu, "")
        const go = clean.replace(/["\\]/g, "\\$&")
        assert.strictEqual(filename(`filename="${go}"`), clean)
        const browser = clean.replaceAll("\\", "").replaceAll('"', "%22")
        assert.strictEqual(filename(`filename="${browser}"`), clean.replaceAll("\\", ""))
      })
    )
  })
})

describe("the headers of a part", () => {
  it.each([
    "attachment",
    "form-data",
    'form-data; name="file"; name="other"',
    'form-data; name="file',
    'form-data; name="file"x',
    'form-data name="file"',
    'form-data; name="file"\r\nContent-Disposition: form-data; name="file"',
    'form-data; name="fi\x01le"',
    'form-data; name="file"\r\nno header'
  ])("are refused: %s", (disposition) => assert.isUndefined(read(disposition)))

  it.each([
    `form-data; name="${"\\".repeat(15_000)}`,
    `form-data; name="${'"'.repeat(15_000)}`,
    `form-data; name="${'" '.repeat(7_500)}`,
    `form-data; name="file"; filename="${"=?utf-8?Q?".repeat(1_500)}"`,
    `form-data; name="file"; filename="${"=?u?Q?a?= ".repeat(1_500)}"`
  ])("of a hostile client take no time", (disposition) => {
    const before = performance.now()
    read(disposition)
    assert.isBelow(performance.now() - before, 1_000)
  })
})

import { strToU8, zipSync } from "fflate"

/** Office documents made of nothing but the parts that matter: XML in a zip. */

const openXml = "http://schemas.openxmlformats.org"
const word = `xmlns:w="${openXml}/wordprocessingml/2006/main"`
const names = [
  word,
  `xmlns:r="${openXml}/officeDocument/2006/relationships"`,
  `xmlns:a="${openXml}/drawingml/2006/main"`,
  `xmlns:m="${openXml}/officeDocument/2006/math"`,
  `xmlns:mc="${openXml}/markup-compatibility/2006"`
].join(" ")

/** An archive of these entries; a value that is an object holds relationships: id, type and target. */
const archiveOf = (entries: Readonly<Record<string, string>>) =>
  zipSync(Object.fromEntries(Object.entries(entries).map(([name, xml]) => [name, strToU8(xml)])))

const relationships = (...targets: ReadonlyArray<readonly [id: string, type: string, target: string]>) =>
  `<Relationships>${targets
    .map(
      ([id, type, target]) =>
        `<Relationship Id="${id}" Type="${openXml}/officeDocument/2006/relationships/${type}" Target="${target}"/>`
    )
    .join("")}</Relationships>`

/** Parts of a Word document beside its body, by the type of their relationship: `header`, `footnotes`, `aFChunk`. */
export type WordParts = Readonly<Record<string, { readonly name: string; readonly content: string }>>

/** A Word document of this body; the relationship to each part has the part's type for its id. */
export const wordOf = (body: string, parts: WordParts = {}) =>
  archiveOf({
    "_rels/.rels": relationships(["main", "officeDocument", "word/document.xml"]),
    "word/document.xml": `<w:document ${names}><w:body>${body}</w:body></w:document>`,
    "word/_rels/document.xml.rels": relationships(
      ...Object.entries(parts).map(([type, { name }]) => [type, type, name] as const)
    ),
    ...Object.fromEntries(Object.values(parts).map(({ name, content }) => [`word/${name}`, content]))
  })

/** An XML part of a Word document. */
export const wordPart = (root: string, content: string) => `<w:${root} ${names}>${content}</w:${root}>`

export const paragraph = (text: string) => `<w:p><w:r><w:t>${text}</w:t></w:r></w:p>`

const cell = (value: string, index: number) => {
  const reference = `r="${String.fromCharCode(65 + index)}1"`
  if (value.startsWith("<")) return value
  return Number.isNaN(Number(value))
    ? `<c ${reference} t="inlineStr"><is><t>${value}</t></is></c>`
    : `<c ${reference}><v>${value}</v></c>`
}

/** A workbook with these rows of cells on each sheet; a cell that starts with `<` is taken as it is. Style 1 is a date. */
export const excelOf = (
  sheets: Readonly<Record<string, ReadonlyArray<ReadonlyArray<string>>>>,
  sharedStrings: ReadonlyArray<string> = []
) =>
  archiveOf({
    "_rels/.rels": relationships(["main", "officeDocument", "xl/workbook.xml"]),
    "xl/workbook.xml": `<workbook ${names}><sheets>${Object.keys(sheets)
      .map((name, index) => `<sheet name="${name}" sheetId="${index + 1}" r:id="sheet${index}"/>`)
      .join("")}</sheets></workbook>`,
    "xl/_rels/workbook.xml.rels": relationships(
      ["styles", "styles", "styles.xml"],
      ["strings", "sharedStrings", "sharedStrings.xml"],
      ...Object.keys(sheets).map((_, index) => [`sheet${index}`, "worksheet", `worksheets/${index}.xml`] as const)
    ),
    "xl/styles.xml": `<styleSheet><numFmts><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/></numFmts><cellXfs>
      <xf numFmtId="0"/><xf numFmtId="164"/></cellXfs></styleSheet>`,
    "xl/sharedStrings.xml": `<sst>${sharedStrings.map((text) => `<si><t>${text}</t></si>`).join("")}</sst>`,
    ...Object.fromEntries(
      Object.values(sheets).map((rows, index) => [
        `xl/worksheets/${index}.xml`,
        `<worksheet><sheetData>${rows.map((row) => `<row>${row.map(cell).join("")}</row>`).join("")}</sheetData></worksheet>`
      ])
    )
  })

const slide = (paragraphs: ReadonlyArray<string>) =>
  `<p:sld ${names} xmlns:p="${openXml}/presentationml/2006/main"><p:cSld><p:spTree><p:sp><p:txBody>${paragraphs
    .map((text) => `<a:p><a:r><a:t>${text}</a:t></a:r></a:p>`)
    .join("")}</p:txBody></p:sp></p:spTree></p:cSld></p:sld>`

/** A presentation of slides of paragraphs, the parts in the opposite order of the slides; `notes` belong to the first. */
export const powerPointOf = (slides: ReadonlyArray<ReadonlyArray<string>>, notes = "") => {
  const part = (index: number) => `slides/slide${slides.length - index}.xml`
  return archiveOf({
    "_rels/.rels": relationships(["main", "officeDocument", "ppt/presentation.xml"]),
    "ppt/presentation.xml": `<p:presentation ${names} xmlns:p="${openXml}/presentationml/2006/main"><p:sldIdLst>${slides
      .map((_, index) => `<p:sldId id="${256 + index}" r:id="slide${index}"/>`)
      .join("")}</p:sldIdLst></p:presentation>`,
    "ppt/_rels/presentation.xml.rels": relationships(
      ...slides.map((_, index) => [`slide${index}`, "slide", part(index)] as const)
    ),
    [`ppt/slides/_rels/slide${slides.length}.xml.rels`]: relationships(["notes", "notesSlide", "../notesSlides/1.xml"]),
    "ppt/notesSlides/1.xml": slide([notes]),
    ...Object.fromEntries(slides.map((paragraphs, index) => [`ppt/${part(index)}`, slide(paragraphs)]))
  })
}

const openDocument = ["office", "text", "style", "table", "draw", "fo"]
  .map((name) => `xmlns:${name}="urn:oasis:names:tc:opendocument:xmlns:${name}:1.0"`)
  .join(" ")

/** An OpenDocument text of this body; the paragraph style `Break` starts a page. */
export const openDocumentOf = (body: string, header = "") =>
  zipSync({
    mimetype: [strToU8("application/vnd.oasis.opendocument.text"), { level: 0 }],
    "content.xml": strToU8(`<office:document-content ${openDocument}><office:automatic-styles>
      <style:style style:name="Break"><style:paragraph-properties fo:break-before="page"/></style:style>
      </office:automatic-styles><office:body><office:text>${body}</office:text></office:body></office:document-content>`),
    "styles.xml": strToU8(`<office:document-styles ${openDocument}><office:master-styles><style:master-page>
      <style:header>${header}</style:header></style:master-page></office:master-styles></office:document-styles>`)
  })

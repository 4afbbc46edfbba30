/** A kind of file that kite reads. */
interface Kind {
  /** Media type: what a document's `contentType` says and its download is served as. */
  readonly contentType: string
  readonly name: string
  readonly extensions: ReadonlyArray<string>
  /** How the bytes show it; a file's name is never asked. */
  readonly toldBy: string
  /** What becomes searchable text. */
  readonly read: string
  /** What a page of the document is. */
  readonly page: string
}

const openXml = "application/vnd.openxmlformats-officedocument"

/**
 * Every kind that kite reads, in the order in which people are told of them. The sniffer, problem 415, OpenAPI and
 * docs/formats.md have their lists from here.
 */
export const kinds = [
  {
    contentType: "application/pdf",
    name: "PDF",
    extensions: [".pdf"],
    toldBy: "`%PDF-` within the first 1,024 bytes",
    read: "text, form values, annotations; pages that are pictures by OCR",
    page: "a page"
  },
  {
    contentType: "image/png",
    name: "PNG",
    extensions: [".png"],
    toldBy: "its signature",
    read: "by OCR",
    page: "the image"
  },
  {
    contentType: "image/jpeg",
    name: "JPEG",
    extensions: [".jpg", ".jpeg"],
    toldBy: "its signature",
    read: "by OCR, as far as the data goes",
    page: "the image"
  },
  {
    contentType: "image/tiff",
    name: "TIFF",
    extensions: [".tif", ".tiff"],
    toldBy: "its signature, that of BigTIFF too",
    read: "by OCR",
    page: "a frame"
  },
  {
    contentType: "image/webp",
    name: "WebP",
    extensions: [".webp"],
    toldBy: "its signature",
    read: "by OCR",
    page: "the image"
  },
  {
    contentType: "image/gif",
    name: "GIF",
    extensions: [".gif"],
    toldBy: "its signature",
    read: "by OCR",
    page: "the first frame"
  },
  {
    contentType: "image/avif",
    name: "AVIF",
    extensions: [".avif"],
    toldBy: "its signature",
    read: "by OCR",
    page: "the image"
  },
  {
    contentType: `${openXml}.wordprocessingml.document`,
    name: "Word",
    extensions: [".docx"],
    toldBy: "a zip with the entry `word/document.xml`",
    read: "body, headers, footers, notes, comments, text boxes, fields, tables",
    page: "what lies between page breaks"
  },
  {
    contentType: `${openXml}.spreadsheetml.sheet`,
    name: "Excel",
    extensions: [".xlsx"],
    toldBy: "a zip with the entry `xl/workbook.xml`",
    read: "cells as they are stored, sheet names, comments",
    page: "a sheet"
  },
  {
    contentType: `${openXml}.presentationml.presentation`,
    name: "PowerPoint",
    extensions: [".pptx"],
    toldBy: "a zip with the entry `ppt/presentation.xml`",
    read: "text of slides, speaker notes, comments",
    page: "a slide"
  },
  {
    contentType: "application/vnd.oasis.opendocument.text",
    name: "OpenDocument text",
    extensions: [".odt"],
    toldBy: "a zip whose entry `mimetype` says so",
    read: "body, headers, footers, notes, comments, text boxes, tables",
    page: "what lies between page breaks"
  },
  {
    contentType: "application/rtf",
    name: "RTF",
    extensions: [".rtf"],
    toldBy: "`{\\rtf` at the start",
    read: "its text",
    page: "what lies between page breaks"
  },
  {
    contentType: "text/html",
    name: "HTML",
    extensions: [".html", ".htm"],
    toldBy: "a doctype or a tag of a page's frame at the start",
    read: "its text and title, without markup and scripts",
    page: "the whole"
  },
  {
    contentType: "message/rfc822",
    name: "e-mail",
    extensions: [".eml"],
    toldBy: "header lines of a mail at the start",
    read: "subject, addresses, text; attachments by their names",
    page: "the whole"
  },
  {
    contentType: "text/plain",
    name: "plain text",
    extensions: [".txt", ".md", ".csv"],
    toldBy: "text without control characters, in UTF-8, UTF-16 or an older encoding",
    read: "as it is, Markdown and CSV too",
    page: "the whole"
  }
] as const satisfies ReadonlyArray<Kind>

/** One line for people: `PDF, PNG, ... or plain text`. */
export const kindNames = new Intl.ListFormat("en-GB", { type: "disjunction" }).format(kinds.map(({ name }) => name))

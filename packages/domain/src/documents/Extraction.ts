import { Schema } from "effect"

/** Grows when more is read of files, so that documents that an earlier kite has read can be read again. */
export const readersVersion = 1

/**
 * Why a document has no text. `unsupported`: a variant of its kind that kite cannot read; `too-large`: pages, pixels or unpacked size above
 * the limits; `interrupted`: every attempt ended with the worker's death.
 */
export const FailureCode = Schema.Literals([
  "encrypted",
  "corrupt",
  "unsupported",
  "too-large",
  "timed-out",
  "out-of-memory",
  "interrupted"
])
export type FailureCode = typeof FailureCode.Type

/** The end of an extraction that will never succeed; `message` is written for the document's owner. */
export class ExtractionFailure extends Schema.TaggedError<ExtractionFailure>()("ExtractionFailure", {
  code: FailureCode,
  message: Schema.String
}) {}

/**
 * One page of text. `number` starts at 1. `source` is `text+ocr` where a page has a little text of its own on top of a
 * picture, like a stamp on a scan: then `text` holds both, its own first. `ocrConfidence` is the engine's own, 0 to 100.
 */
export const Page = Schema.Struct({
  number: Schema.Int,
  text: Schema.String,
  source: Schema.Literals(["text", "ocr", "text+ocr"]),
  ocrConfidence: Schema.optionalKey(Schema.Finite)
}).annotate({ identifier: "Page" })
export type Page = typeof Page.Type

/**
 * A part of a document that was left out, while the rest is there. `pages-failed`: these `pages` could not be read;
 * `pages-left-out`: the file has more pages than are read; `text-cut`: it has more text than kite keeps, so the text ends on the page
 * of `pages`, and later pages are not read.
 */
export const Notice = Schema.Struct({
  code: Schema.Literals(["pages-failed", "pages-left-out", "text-cut"]),
  message: Schema.String,
  pages: Schema.optionalKey(Schema.Array(Schema.Int))
}).annotate({ identifier: "Notice" })
export type Notice = typeof Notice.Type

/**
 * The words of all pages for the search index: rows that are the text of a tsvector each, and whether every word found its
 * place in them.
 */
export const ExtractedTerms = Schema.Struct({ rows: Schema.Array(Schema.String), isComplete: Schema.Boolean })
export type ExtractedTerms = typeof ExtractedTerms.Type

/**
 * What an extraction yields: every page in order, or with `cutOffBy` the pages read before it had to stop; the `encoding` of a
 * text, and what was not read. A text without `terms` is indexed later.
 */
export const ExtractedText = Schema.Struct({
  pages: Schema.Array(Page),
  terms: Schema.optionalKey(ExtractedTerms),
  encoding: Schema.optionalKey(Schema.String),
  notices: Schema.optionalKey(Schema.Array(Notice)),
  cutOffBy: Schema.optionalKey(ExtractionFailure)
})
export type ExtractedText = typeof ExtractedText.Type

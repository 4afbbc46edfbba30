import type { Piece, TextEscape } from "./DocumentTexts.ts"

/** A representation of a text, written piece by piece. */
export interface TextFormat {
  /** Tells the ETags of two representations apart. */
  readonly name: string
  readonly contentType: string
  readonly escape: TextEscape
  readonly begin: string
  /** What stands before and after the text of a piece. `isFirst`: nothing comes before it. */
  readonly around: (piece: Piece, isFirst: boolean) => readonly [before: string, after: string]
  readonly end: (nextPage: number | null) => string
  /** The length in bytes, if it is known before the text is read. */
  readonly length: (textSize: number, pageCount: number) => number | undefined
}

/** The pages with a form feed between two. */
const plain: TextFormat = {
  name: "plain",
  contentType: "text/plain; charset=utf-8",
  escape: "none",
  begin: "",
  around: ({ opens }, isFirst) => [opens && !isFirst ? "\f" : "", ""],
  end: () => "",
  length: (textSize, pageCount) => textSize + Math.max(0, pageCount - 1)
}

/** The schema `DocumentText`. A page's `text` is its last member, so that it can be written in pieces. */
const json: TextFormat = {
  name: "json",
  contentType: "application/json",
  escape: "json",
  begin: '{"items":[',
  around: ({ number, source, ocrConfidence, opens, closes }, isFirst) => {
    const page = JSON.stringify({ number, source, ...(ocrConfidence !== null && { ocrConfidence }) })
    return [opens ? `${isFirst ? "" : ","}${page.slice(0, -1)},"text":"` : "", closes ? '"}' : ""]
  },
  end: (nextPage) => `],"nextPage":${nextPage}}`,
  length: () => undefined
}

export const textFormats = { "application/json": json, "text/plain": plain }

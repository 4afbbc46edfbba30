import { Schema } from "effect"

/**
 * Why a document was found. `snippet` is plain text in runs that follow each other (put them into a page as text, never as
 * markup); the words that were asked for are `highlighted`. `page` is null where the snippet is the document's name.
 */
export const Match = Schema.Struct({
  page: Schema.NullOr(Schema.Int),
  snippet: Schema.Array(Schema.Struct({ text: Schema.String, highlighted: Schema.Boolean }))
}).annotate({ identifier: "Match" })
export type Match = typeof Match.Type

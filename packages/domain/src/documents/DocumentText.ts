import { Schema } from "effect"
import { PageSize } from "../Paging.ts"
import { Page } from "./Extraction.ts"

/** More pages than any document has. */
export const maxPageNumber = 1_000_000

const PageNumber = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: maxPageNumber }))

/** Query of GET /api/documents/:id/text: the first page to return, and how many pages. */
export const TextQuery = Schema.Struct({
  page: Schema.optionalKey(PageNumber),
  limit: Schema.optionalKey(PageSize)
})
export type TextQuery = typeof TextQuery.Type

/** Some pages of a text. `nextPage` is the `page` of the next request, and null on the last page. */
export const DocumentText = Schema.Struct({
  items: Schema.Array(Page),
  nextPage: Schema.NullOr(Schema.Int)
}).annotate({ identifier: "DocumentText", description: "Pages of the text; `nextPage` is null at the end" })

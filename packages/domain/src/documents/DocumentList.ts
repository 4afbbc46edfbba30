import { Option, Result, Schema } from "effect"
import { Document, DocumentId, DocumentStatus } from "./Document.ts"

/** Order of a list; `-` is descending. */
export const DocumentSort = Schema.Literals(["-createdAt", "createdAt", "filename", "-filename"])
export type DocumentSort = typeof DocumentSort.Type

/** Text that Postgres can keep and compare. */
const DatabaseText = Schema.String.check(
  Schema.makeFilter((text) => (text.isWellFormed() && !text.includes("\0")) || "must be Unicode text without NUL")
)

/** Where a page ended: the sort keys of its last document. UUIDv7 ids order by creation, so `id` is the whole key of it. */
export const Position = Schema.Struct({
  sort: DocumentSort,
  id: DocumentId,
  filename: Schema.optionalKey(DatabaseText)
})
export type Position = typeof Position.Type

const PositionFromJson = Schema.fromJsonString(Position)
const PositionFromCursor = Schema.StringFromBase64Url.pipe(Schema.decodeTo(PositionFromJson))
const decode = Schema.decodeUnknownResult(PositionFromCursor)
const encode = Schema.encodeSync(PositionFromCursor)

const sortsByName = (sort: DocumentSort) => sort === "filename" || sort === "-filename"

/** The opaque cursor after this document. */
export const toCursor = (sort: DocumentSort, { id, filename }: Pick<Document, "id" | "filename">): string =>
  encode(sortsByName(sort) ? { sort, id, filename } : { sort, id })

/** The position a cursor stands for; none where `toCursor` does not make it for this sort. */
export const fromCursor = (sort: DocumentSort, cursor: string): Option.Option<Position> =>
  Option.filter(
    Result.getSuccess(decode(cursor)),
    (position) =>
      position.sort === sort &&
      (position.filename !== undefined) === sortsByName(sort) &&
      toCursor(sort, { filename: "", ...position }) === cursor
  )

export const maxPageSize = 100

/** Query of GET /api/documents. `q`: words that must all occur in name or text (web search syntax: OR, -word). */
export const ListQuery = Schema.Struct({
  limit: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: maxPageSize }))),
  cursor: Schema.optionalKey(Schema.String.check(Schema.isBetweenLength(1, 2048))),
  q: Schema.optionalKey(DatabaseText.check(Schema.isBetweenLength(1, 200))),
  status: Schema.optionalKey(DocumentStatus),
  /** Only documents read by OCR whose `ocrConfidence` is at most this: the doubtful ones. */
  maxOcrConfidence: Schema.optionalKey(Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 100 }))),
  sort: Schema.optionalKey(DocumentSort)
})
export type ListQuery = typeof ListQuery.Type

/** One page of a list; `nextCursor` is null on the last. */
export const DocumentPage = Schema.Struct({
  items: Schema.Array(Document),
  nextCursor: Schema.NullOr(Schema.String)
}).annotate({ identifier: "DocumentPage" })
export type DocumentPage = typeof DocumentPage.Type

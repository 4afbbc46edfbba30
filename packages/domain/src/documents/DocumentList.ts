import { Option, Result, Schema } from "effect"
import { pageOf, pageQuery } from "../Paging.ts"
import { Match } from "../search/Match.ts"
import { Instant } from "../Timestamp.ts"
import { ContentType, Document, DocumentId, DocumentStatus } from "./Document.ts"

/** Order of a list; `-` means descending. Names are in natural order: without case and accents, 9 before 10. */
export const DocumentSort = Schema.Literals(["-createdAt", "createdAt", "filename", "-filename"])
export type DocumentSort = typeof DocumentSort.Type

/** Text that PostgreSQL can store and compare. */
const DatabaseText = Schema.String.check(
  Schema.makeFilter((text) => (text.isWellFormed() && !text.includes("\0")) || "must be Unicode text without NUL")
)

/** Where a page ended: the sort keys of its last document. UUIDv7 ids sort by creation time, so `id` stands for `createdAt`. */
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

/** The position that a cursor encodes; none if `toCursor` never returns this cursor for this sort. */
export const fromCursor = (sort: DocumentSort, cursor: string): Option.Option<Position> =>
  Option.filter(
    Result.getSuccess(decode(cursor)),
    (position) =>
      position.sort === sort &&
      (position.filename !== undefined) === sortsByName(sort) &&
      toCursor(sort, { filename: "", ...position }) === cursor
  )

/**
 * Which documents to list: those that match every field given. The interval of creation is half-open: `createdAfter` belongs to it,
 * `createdBefore` does not, so that intervals which follow each other share no document.
 */
const filterFields = {
  status: Schema.optionalKey(DocumentStatus),
  contentType: Schema.optionalKey(ContentType),
  createdAfter: Schema.optionalKey(Instant),
  createdBefore: Schema.optionalKey(Instant),
  /** Only documents read by OCR whose `ocrConfidence` is at most this: the doubtful ones. */
  maxOcrConfidence: Schema.optionalKey(Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 100 })))
}
export type DocumentFilter = Schema.Struct.Type<typeof filterFields>

/**
 * Query of GET /api/documents. `q`: words that must all occur in the name or the text (`"phrase"`, `OR`, `-word`, `begin*`).
 * Without `sort`, hits come by relevance, and lists without `q` in the order `-createdAt`.
 */
export const ListQuery = Schema.Struct({
  ...pageQuery(Schema.String.check(Schema.isBetweenLength(1, 2048))),
  q: Schema.optionalKey(DatabaseText.check(Schema.isBetweenLength(1, 200))),
  ...filterFields,
  sort: Schema.optionalKey(DocumentSort)
})
export type ListQuery = typeof ListQuery.Type

/** A document of a list; `match` is present if `q` was given. */
const ListedDocument = Schema.Struct({ ...Document.fields, match: Schema.optionalKey(Match) }).annotate({
  identifier: "ListedDocument",
  description: "A document, with the best match of a search"
})

/** One page of a list. */
export const DocumentPage = pageOf(ListedDocument, Schema.String).annotate({
  identifier: "DocumentPage",
  description: "One page of documents; `nextCursor` is null on the last"
})
export type DocumentPage = typeof DocumentPage.Type

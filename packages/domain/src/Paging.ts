import { Schema } from "effect"

/** The most items a client may ask for at once. */
export const maxPageSize = 100

/** The `limit` of a list's query: 1 to 100 items; each list has a default of its own. */
export const PageSize = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: maxPageSize }))

/** The query fields that every list takes. `cursor` is the `nextCursor` of the previous page. */
export const pageQuery = <Cursor extends Schema.Constraint>(cursor: Cursor) => ({
  limit: Schema.optionalKey(PageSize),
  cursor: Schema.optionalKey(cursor)
})

/** One page of a list; `nextCursor` is null on the last page. */
export const pageOf = <Item extends Schema.Constraint, Cursor extends Schema.Constraint>(item: Item, cursor: Cursor) =>
  Schema.Struct({ items: Schema.Array(item), nextCursor: Schema.NullOr(cursor) })

/** How many rows to read for a page: one more than it shows, which tells whether another page follows. */
export const rowsToRead = (limit: number) => limit + 1

/** The page of up to `limit` rows, of the `rowsToRead` that were read, with the cursor after its last row. */
export const takePage = <Row, Cursor>(rows: ReadonlyArray<Row>, limit: number, cursorAfter: (last: Row) => Cursor) => {
  const items = rows.slice(0, limit)
  const last = items.at(-1)
  return { items, nextCursor: rows.length > limit && last !== undefined ? cursorAfter(last) : null }
}

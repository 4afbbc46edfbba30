import { assert, describe, it } from "@effect/vitest"
import { maxPageSize, pageOf, pageQuery, rowsToRead, takePage } from "@kite/domain/Paging"
import { Option, Schema } from "effect"
import fc from "fast-check"

/** Reads a list to its end as a client does; `limits` are the page sizes it asks for, in turn. */
const walk = (rows: ReadonlyArray<number>, limits: ReadonlyArray<number>) => {
  const pages: Array<ReadonlyArray<number>> = []
  let after: number | null = -1
  while (after !== null) {
    const limit: number = limits[pages.length % limits.length] ?? 1
    const start: number = after
    const read = rows.filter((row) => row > start).slice(0, rowsToRead(limit))
    const page = takePage(read, limit, (last) => last)
    assert.isAtMost(page.items.length, limit)
    pages.push(page.items)
    after = page.nextCursor
  }
  return pages
}

describe("pages", () => {
  it("hold every row once, in order, and only the last page has no cursor", () => {
    const sizes = fc.array(fc.integer({ min: 1, max: maxPageSize }), { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 400 }), sizes, (count, limits) => {
        const rows = Array.from({ length: count }, (_, index) => index)
        const pages = walk(rows, limits)
        assert.deepStrictEqual(pages.flat(), rows)
        if (count > 0) assert.isNotEmpty(pages.at(-1), "no empty page follows a full last one")
      })
    )
  })

  it("are asked for with 1 to 100 items and a cursor, both optional", () => {
    const decode = Schema.decodeUnknownOption(Schema.Struct(pageQuery(Schema.String)))
    for (const query of [{}, { limit: 1 }, { limit: maxPageSize, cursor: "x" }])
      assert.isTrue(Option.isSome(decode(query)))
    for (const limit of [0, -1, 101, 1.5, "5", null]) assert.isTrue(Option.isNone(decode({ limit })), String(limit))
  })

  it("always say whether another page follows", () => {
    const decode = Schema.decodeUnknownOption(pageOf(Schema.Int, Schema.String))
    assert.isTrue(Option.isSome(decode({ items: [], nextCursor: null })))
    assert.isTrue(Option.isNone(decode({ items: [] })))
  })
})

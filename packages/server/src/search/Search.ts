import { InvalidCursor } from "@kite/domain/documents/DocumentErrors"
import {
  type DocumentPage,
  type DocumentSort,
  fromCursor,
  type ListQuery,
  toCursor
} from "@kite/domain/documents/DocumentList"
import { fromRelevanceCursor, toRelevanceCursor } from "@kite/domain/documents/RelevanceCursor"
import { parseQuery, type Query } from "@kite/domain/search/Query"
import type { UserId } from "@kite/domain/users/User"
import { Context, Effect, Layer, Option } from "effect"
import { SqlClient } from "effect/sql"
import { isAfter, orders } from "../documents/rows/DocumentOrder.ts"
import { type DocumentRow, toDocument } from "../documents/rows/DocumentRow.ts"
import { DocumentSearch } from "./DocumentSearch.ts"
import { Matches } from "./Matches.ts"

const nothing: DocumentPage = { items: [], nextCursor: null }

/** A list's query with something to look for. */
export interface SearchQuery extends ListQuery {
  readonly q: string
}

/** Finds documents by the words of their names and texts. */
export class Search extends Context.Service<
  Search,
  {
    /** By relevance where no `sort` is given. A query without a word finds nothing; no query is an error. */
    readonly find: (owner: UserId, query: SearchQuery, pageSize: number) => Effect.Effect<DocumentPage, InvalidCursor>
  }
>()("@kite/server/search/Search") {
  static readonly layerNoDeps = Layer.effect(
    Search,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const documents = yield* DocumentSearch
      const matches = yield* Matches

      const positionOf = <A>(cursor: string | undefined, read: (cursor: string) => Option.Option<A>) => {
        if (cursor === undefined) return Effect.succeedNone
        const position = read(cursor)
        return Option.isSome(position) ? Effect.succeed(position) : new InvalidCursor({})
      }

      /** One page of rows that may have one too many, which tells that there is another page. */
      const page = Effect.fnUntraced(function* <A>(
        query: Query,
        found: ReadonlyArray<A>,
        size: number,
        rowOf: (hit: A) => DocumentRow,
        cursorOf: (hit: A) => string
      ) {
        const shown = found.slice(0, size)
        const matchOf = yield* matches.of(shown.map(rowOf), query)
        const items = shown.map(rowOf).map((row) => {
          const match = matchOf.get(row.id)
          return match === undefined ? toDocument(row) : { ...toDocument(row), match }
        })
        const last = shown.at(-1)
        return { items, nextCursor: found.length > size && last !== undefined ? cursorOf(last) : null }
      })

      const byRelevance = Effect.fnUntraced(function* (owner: UserId, query: Query, asked: SearchQuery, size: number) {
        const after = yield* positionOf(asked.cursor, fromRelevanceCursor)
        const hits = yield* documents.byRelevance(owner, query, { filter: asked, limit: size + 1, after })
        return yield* page(
          query,
          hits,
          size,
          ({ row }) => row,
          ({ row, tier }) => toRelevanceCursor(tier, row.id)
        )
      })

      const inOrder = Effect.fnUntraced(function* (
        owner: UserId,
        query: Query,
        asked: SearchQuery,
        sort: DocumentSort,
        size: number
      ) {
        const position = yield* positionOf(asked.cursor, (cursor) => fromCursor(sort, cursor))
        const rows = yield* documents.inOrder(owner, query, {
          filter: asked,
          limit: size + 1,
          order: orders[sort],
          after: Option.map(position, (position) => isAfter(sql, position))
        })
        return yield* page(
          query,
          rows,
          size,
          (row) => row,
          (row) => toCursor(sort, row)
        )
      })

      return Search.of({
        find: Effect.fn("Search.find")(function* (owner, asked, size) {
          const query = parseQuery(asked.q)
          if (query === undefined) return nothing
          return asked.sort === undefined
            ? yield* byRelevance(owner, query, asked, size)
            : yield* inOrder(owner, query, asked, asked.sort, size)
        })
      })
    })
  )

  static readonly layer = Search.layerNoDeps.pipe(Layer.provide([DocumentSearch.layer, Matches.layer]))
}

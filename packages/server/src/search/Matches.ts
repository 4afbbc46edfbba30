import { decodeRows } from "@kite/adapters/postgres/Rows"
import { DocumentId } from "@kite/domain/documents/Document"
import { blockOverhang, blockSize, partBlocks, partSize } from "@kite/domain/search/Blocks"
import type { Match } from "@kite/domain/search/Match"
import { positivesOf, type Query } from "@kite/domain/search/Query"
import { snippetOf } from "@kite/domain/search/Snippet"
import { Context, Effect, Layer, Schema } from "effect"
import { SqlClient } from "effect/sql"
import type { DocumentRow } from "../documents/rows/DocumentRow.ts"

/** Characters of text before a block that a snippet may begin with. */
const lead = 100
/**
 * Blocks. Text that lies further into its part is not read for a snippet: PostgreSQL would unpack all that comes before it. Only pages of
 * before pages were stored in parts have such text.
 */
const maxDepth = 244

const Excerpt = Schema.Struct({ documentId: DocumentId, page: Schema.Int, text: Schema.String })

/** Tells why documents were found. */
export class Matches extends Context.Service<
  Matches,
  {
    /**
     * The match of each document: where its text first holds most of what was asked for, else its name. Reads one block of
     * text a document.
     */
    readonly of: (rows: ReadonlyArray<DocumentRow>, query: Query) => Effect.Effect<ReadonlyMap<DocumentId, Match>>
  }
>()("@kite/server/search/Matches") {
  static readonly layer = Layer.effect(
    Matches,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const excerpts = decodeRows(Excerpt)

      const read = (ids: ReadonlyArray<DocumentId>, folds: ReadonlyArray<string>, starts: ReadonlyArray<string>) => {
        // Only the lexemes that are asked for are unfolded into rows, as far as they are known.
        const asked =
          starts.length === 0
            ? sql`unnest(ts_filter(setweight(terms, 'A', ${folds}::text[]), '{a}'))`
            : sql`unnest(terms)`
        const isAsked =
          starts.length === 0
            ? sql`TRUE`
            : sql`(lexeme = ANY(${folds}::text[]) OR EXISTS (SELECT FROM unnest(${starts}::text[]) AS start WHERE lexeme ^@ start))`
        return excerpts(sql`
          WITH place AS (
            SELECT document_id, positions[1] AS block, count(*) AS words
            FROM search_terms, ${asked} AS found
            WHERE document_id = ANY(${ids}::uuid[]) AND positions IS NOT NULL AND ${isAsked}
            GROUP BY document_id, block
          ), best AS (
            SELECT DISTINCT ON (document_id) document_id, block FROM place ORDER BY document_id, words DESC, block
          )
          SELECT best.document_id, number AS page,
            coalesce(substr(text, greatest(1, start - ${lead}), ${lead + blockSize + blockOverhang}), '') AS text
          FROM best CROSS JOIN LATERAL (
            SELECT number, part, block - 1 - first_block AS nth FROM pages
            WHERE pages.document_id = best.document_id AND first_block < block ORDER BY number DESC, part DESC LIMIT 1
          ) AS place CROSS JOIN LATERAL (
            -- The first block of a part may begin, and the last one end, in its neighbour.
            SELECT string_agg(left(text, greatest(${partSize}, (nth + 2) * ${blockSize})), '' ORDER BY pages.part) AS text,
              (nth + CASE WHEN min(pages.part) < place.part THEN ${partBlocks} ELSE 0 END) * ${blockSize} + 1 AS start
            FROM pages
            WHERE pages.document_id = best.document_id AND pages.number = place.number
              AND pages.part BETWEEN place.part - (nth = 0)::int AND place.part + (nth = ${partBlocks - 1})::int
              AND nth <= ${maxDepth}
          ) AS page`)
      }

      return Matches.of({
        of: Effect.fn("Matches.of")(function* (rows, query) {
          const positives = positivesOf(query)
          const folds = positives.flatMap((asked) => (asked._tag === "Word" ? [asked.fold] : []))
          const starts = positives.flatMap((asked) => (asked._tag === "Prefix" ? [asked.start] : []))
          const ids = rows.map(({ id }) => id)
          const found = ids.length === 0 || positives.length === 0 ? [] : yield* read(ids, folds, starts)
          const names = rows.map(({ id, filename }): [DocumentId, Match] => [
            id,
            { page: null, snippet: snippetOf(filename, query) }
          ])
          const texts = found.map(({ documentId, page, text }): [DocumentId, Match] => [
            documentId,
            { page, snippet: snippetOf(text, query) }
          ])
          return new Map([...names, ...texts])
        })
      })
    })
  )
}

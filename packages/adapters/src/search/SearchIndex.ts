import type { DocumentId } from "@kite/domain/documents/Document"
import { nameTerms } from "@kite/domain/search/DocumentTerms"
import { Array as Arr, Context, Effect, Layer, Option } from "effect"
import { SqlClient } from "effect/sql"
import type { SqlError } from "effect/sql/SqlError"

/** Which terms `search_version` stands for; 0 is a document that waits for them, -1 one that cannot have them. */
export const searchVersion = 1

/** What of a document its rows in the index are made from. */
export interface Indexed {
  readonly id: DocumentId
  readonly userId: string
  readonly filename: string
}

/**
 * Writes the search index, always in a transaction that has locked or inserted the document. A row's terms are those of the
 * name and then those of the text; the name's are kept apart too, so that a rename can take them out again.
 */
export class SearchIndex extends Context.Service<
  SearchIndex,
  {
    /** Sets the terms of the name and leaves those of the text. */
    readonly putName: (document: Indexed) => Effect.Effect<void, SqlError>
    /** Replaces the terms of the text by these rows, each the text of a tsvector; one statement a row. */
    readonly putText: (document: Indexed, rows: ReadonlyArray<string>) => Effect.Effect<void, SqlError>
  }
>()("@kite/adapters/search/SearchIndex") {
  static readonly layer = Layer.effect(
    SearchIndex,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const putName = Effect.fnUntraced(function* ({ id, userId, filename }: Indexed) {
        const name = nameTerms(filename)
        yield* sql`INSERT INTO search_terms AS row (document_id, part, user_id, name_terms, terms)
          VALUES (${id}, 0, ${userId}, ${name}::tsvector, ${name}::tsvector)
          ON CONFLICT (document_id, part) DO UPDATE SET name_terms = excluded.name_terms,
            terms = ts_delete(row.terms, tsvector_to_array(row.name_terms)) || excluded.name_terms`
      })
      const putText = Effect.fnUntraced(function* ({ id, userId, filename }: Indexed, rows: ReadonlyArray<string>) {
        const name = nameTerms(filename)
        yield* sql`DELETE FROM search_terms WHERE document_id = ${id} AND part > 0`
        yield* sql`INSERT INTO search_terms (document_id, part, user_id, name_terms, terms)
          VALUES (${id}, 0, ${userId}, ${name}::tsvector, ${name}::tsvector || ${Option.getOrElse(Arr.head(rows), () => "")}::tsvector)
          ON CONFLICT (document_id, part) DO UPDATE SET name_terms = excluded.name_terms, terms = excluded.terms`
        for (const [index, row] of rows.slice(1).entries()) {
          yield* sql`INSERT INTO search_terms (document_id, part, user_id, name_terms, terms)
            VALUES (${id}, ${index + 1}, ${userId}, '', ${row}::tsvector)`
        }
      })
      return SearchIndex.of({ putName, putText })
    })
  )
}

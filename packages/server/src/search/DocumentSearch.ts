import { decodeRow, decodeRows } from "@kite/adapters/postgres/Rows"
import type { UserId } from "@kite/domain/auth/User"
import { DocumentId, type DocumentStatus } from "@kite/domain/documents/Document"
import { quoteLexeme } from "@kite/domain/search/Lexemes"
import type { Query } from "@kite/domain/search/Query"
import { type RelevancePosition, type Tier, tiers } from "@kite/domain/search/RelevanceCursor"
import { Context, Effect, Layer, Option, Schema } from "effect"
import { SqlClient, type Statement } from "effect/sql"
import { columns, DocumentRow } from "../documents/DocumentRow.ts"
import { holds, renderQuery, renderTier, termsOf, tierQuery } from "./TsQuery.ts"

/** A document and how well it fits. */
export interface Hit {
  readonly row: DocumentRow
  readonly tier: Tier
}

/** Documents that are looked at to tell whether a query is frequent, and how many hits among them make it so. */
const sampleSize = 50
const frequent = 8
/** Documents that a walk looks at before it gives way to the index. */
const walkLimit = 2_000

/** Of whose documents, of which status, how many, and after which one. */
export interface HitOptions {
  readonly status: DocumentStatus | undefined
  readonly limit: number
}

const Sample = Schema.Struct({ tier0: Schema.Int, tier1: Schema.Int, tier2: Schema.Int, tier3: Schema.Int })
const InParts = Schema.Struct({ id: DocumentId, found: Schema.Array(Schema.String) })

/**
 * Finds documents by their terms. The index gives every hit of a query, and the newest are then chosen: right for what is rare,
 * too much for what half of all documents hold. There the newest documents are looked at one after the other until enough are
 * found. A sample of the newest decides, and not the planner: it knows words only by what all accounts have, and does not
 * see them in a prepared statement.
 */
export class DocumentSearch extends Context.Service<
  DocumentSearch,
  {
    /** Hits in the order of their relevance: by tier, and within one the newest first. */
    readonly byRelevance: (
      owner: UserId,
      query: Query,
      options: HitOptions & { readonly after: Option.Option<RelevancePosition> }
    ) => Effect.Effect<ReadonlyArray<Hit>>
    /** Hits in another order of documents. */
    readonly inOrder: (
      owner: UserId,
      query: Query,
      options: HitOptions & { readonly order: string; readonly after: Option.Option<Statement.Fragment> }
    ) => Effect.Effect<ReadonlyArray<DocumentRow>>
  }
>()("@kite/server/search/DocumentSearch") {
  static readonly layer = Layer.effect(
    DocumentSearch,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const select = sql.literal(columns)
      const rows = decodeRows(DocumentRow)
      const sampleOf = decodeRow(Sample)
      const inPartsOf = decodeRows(InParts)

      /** Of the newest documents, how many are in each tier. */
      const sample = (owner: UserId, query: Query) => {
        const hits = (tier: Tier) =>
          sql`(count(*) FILTER (WHERE terms @@ ${renderTier(query, tier)}::tsquery))::int AS ${sql(`tier${tier}`)}`
        return Effect.map(
          sampleOf(sql`
            SELECT ${sql.csv(tiers.map(hits))}
            FROM (SELECT id FROM documents WHERE user_id = ${owner} ORDER BY id DESC LIMIT ${sampleSize}) AS newest
            JOIN search_terms ON document_id = id AND part = 0 WHERE terms @@ ${renderQuery(tierQuery(query, 3))}::tsquery`),
          Option.getOrThrow
        )
      }

      /** Documents of many terms: every lookup that each of them fulfils in one of its rows. None has any as a rule. */
      const inParts = (owner: UserId, query: Query) => {
        const terms = new Set(tiers.flatMap((tier) => termsOf(tierQuery(query, tier))))
        return inPartsOf(sql`
          SELECT parted.document_id AS id, coalesce(found, '{}') AS found
          FROM (SELECT document_id FROM search_terms WHERE user_id = ${owner} AND part = 1) AS parted
          LEFT JOIN (
            SELECT document_id, array_agg(DISTINCT term) AS found
            FROM unnest(${Array.from(terms)}::text[]) AS term
            JOIN search_terms ON user_id = ${owner} AND terms @@ ('''+parts''&' || term)::tsquery
            GROUP BY document_id
          ) AS hit USING (document_id)`)
      }

      const statusIs = (status: DocumentStatus | undefined) =>
        // As a literal: a prepared statement's plan then knows how rare it is.
        status === undefined ? [] : [sql`status = ${sql.literal(`'${status}'`)}`]

      interface Step {
        readonly terms: string
        readonly others: ReadonlyArray<DocumentId>
        readonly order: string
        readonly status: DocumentStatus | undefined
        readonly after: Option.Option<Statement.Fragment>
        readonly limit: number
      }

      /** Every hit by the index, and then those that come first. */
      const byIndex = (owner: UserId, step: Step) => {
        const { terms, others, limit } = step
        const order = sql.literal(step.order)
        const clauses = [...statusIs(step.status), ...Option.toArray(step.after)]
        // Ids alone have their order in them: then only those that come first are looked up.
        const isPlain = step.status === undefined && step.order.startsWith("id ")
        const source = isPlain ? sql`hit` : sql`hit JOIN documents USING (id)`
        return rows(sql`
          WITH hit AS MATERIALIZED (
            SELECT document_id AS id FROM search_terms WHERE user_id = ${owner} AND terms @@ ${terms}::tsquery
            UNION ALL SELECT unnest(${others}::uuid[])
          ), chosen AS MATERIALIZED (
            SELECT id FROM ${source} WHERE ${sql.and(clauses)} ORDER BY ${order} LIMIT ${limit}
          )
          SELECT ${select} FROM chosen JOIN documents USING (id) WHERE user_id = ${owner} ORDER BY ${order}`)
      }

      /** One document after the other, until enough are found or it takes too long. */
      const byWalk = (owner: UserId, step: Step) => {
        const { terms, others, order, limit } = step
        const clauses = [sql`user_id = ${owner}`, ...statusIs(step.status), ...Option.toArray(step.after)]
        return rows(sql`
          SELECT ${select} FROM (
            SELECT * FROM documents WHERE ${sql.and(clauses)}
            ORDER BY ${sql.literal(order)} LIMIT ${walkLimit}
          ) AS document
          WHERE id = ANY(${others}::uuid[])
            OR (SELECT terms @@ ${terms}::tsquery FROM search_terms WHERE document_id = document.id AND part = 0)
          ORDER BY ${sql.literal(order)} LIMIT ${limit}`)
      }

      const find = Effect.fnUntraced(function* (owner: UserId, step: Step, isFrequent: boolean) {
        if (isFrequent) {
          const walked = yield* byWalk(owner, step)
          if (walked.length >= step.limit) return walked
        }
        return yield* byIndex(owner, step)
      })

      const look = (owner: UserId, query: Query) =>
        Effect.all([sample(owner, query), inParts(owner, query)], { concurrency: 2 })

      return DocumentSearch.of({
        byRelevance: Effect.fn("DocumentSearch.byRelevance")(function* (owner, query, { status, limit, after }) {
          const [counts, parted] = yield* look(owner, query)
          const tierOf = new Map(
            parted.map(({ id, found }) => {
              const lookups = new Set(found)
              return [id, tiers.find((tier) => holds(tierQuery(query, tier), lookups))] as const
            })
          )
          const hits: Array<Hit> = []
          for (const tier of tiers) {
            const position = Option.filter(after, (position) => position.tier === tier)
            if (Option.exists(after, (position) => position.tier > tier)) continue
            const step = {
              terms: renderTier(query, tier),
              others: parted.filter(({ id }) => tierOf.get(id) === tier).map(({ id }) => id),
              order: "id DESC",
              status,
              after: Option.map(position, ({ id }) => sql`id < ${id}`),
              limit: limit - hits.length
            }
            const found = yield* find(owner, step, counts[`tier${tier}`] >= frequent)
            hits.push(...found.map((row) => ({ row, tier })))
            if (hits.length >= limit) break
          }
          return hits
        }),
        inOrder: Effect.fn("DocumentSearch.inOrder")(function* (owner, query, { status, limit, order, after }) {
          const [counts, parted] = yield* look(owner, query)
          const total = counts.tier0 + counts.tier1 + counts.tier2 + counts.tier3
          const wanted = tierQuery(query, 3)
          const others = parted.filter(({ found }) => holds(wanted, new Set(found))).map(({ id }) => id)
          const terms = renderQuery({ all: [wanted, { not: { term: quoteLexeme("+parts") } }] })
          return yield* find(owner, { terms, others, order, status, after, limit }, total >= frequent)
        })
      })
    })
  )
}

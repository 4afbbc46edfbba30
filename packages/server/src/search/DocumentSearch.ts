import { decodeRow, decodeRows } from "@kite/adapters/postgres/Rows"
import { DocumentId } from "@kite/domain/documents/Document"
import type { DocumentFilter } from "@kite/domain/documents/DocumentList"
import { type RelevancePosition, Tier, tiers } from "@kite/domain/documents/RelevanceCursor"
import { inParts as inPartsMark, quoteLexeme } from "@kite/domain/search/Lexemes"
import type { Query } from "@kite/domain/search/Query"
import type { UserId } from "@kite/domain/users/User"
import { Context, Effect, Layer, Option, Schema } from "effect"
import { SqlClient, type Statement } from "effect/sql"
import { conditionsOf } from "../documents/rows/DocumentFilter.ts"
import { columns, DocumentRow } from "../documents/rows/DocumentRow.ts"
import { distinctTiers, holds, renderQuery, renderTier, termsOf, tierQuery } from "./TsQuery.ts"

/** A document and how well it fits. */
export interface Hit {
  readonly row: DocumentRow
  readonly tier: Tier
}

/**
 * Documents that are looked at to tell whether a query is frequent, and how many hits among them make it so. At 4 % both ways cost the
 * same, 10 to 20 ms among 200,000 documents: 8,000 rows by the index, or 500 documents whose terms are unpacked.
 */
const sampleSize = 200
const frequent = 8
/** Documents that a walk looks at before it gives way to the index. */
const walkLimit = 2_000

/** Of which documents, how many, and after which one. */
export interface HitOptions {
  readonly filter: DocumentFilter
  readonly limit: number
}

const Sample = Schema.Struct({
  tier0: Schema.Int,
  tier1: Schema.Int,
  tier2: Schema.Int,
  tier3: Schema.Int,
  hasParts: Schema.Boolean
})
const InParts = Schema.Struct({ id: DocumentId, found: Schema.Array(Schema.String) })
const HitRow = Schema.Struct({ ...DocumentRow.fields, tier: Tier })

/** One look for documents that fulfil these terms, or are known to. */
interface Step {
  readonly terms: string
  readonly others: ReadonlyArray<DocumentId>
  readonly order: string
  readonly filter: DocumentFilter
  readonly after: Option.Option<Statement.Fragment>
}

interface TierStep extends Step {
  readonly tier: Tier
}

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
      const rowsOf = decodeRows(DocumentRow)
      const hitsOf = decodeRows(HitRow)
      const sampleOf = decodeRow(Sample)
      const inPartsOf = decodeRows(InParts)

      /** Of the newest documents, how many are in each tier; and whether any document has many terms. */
      const sample = (owner: UserId, query: Query) => {
        const hits = (tier: Tier) =>
          sql`(count(*) FILTER (WHERE terms @@ ${renderTier(query, tier)}::tsquery))::int AS ${sql(`tier${tier}`)}`
        return Effect.map(
          sampleOf(sql`
            SELECT ${sql.csv(tiers.map(hits))},
              EXISTS (SELECT FROM search_terms WHERE user_id = ${owner} AND part = 1) AS has_parts
            FROM (SELECT id FROM documents WHERE user_id = ${owner} ORDER BY id DESC LIMIT ${sampleSize}) AS newest
            CROSS JOIN LATERAL (
              -- The fence keeps the planner from asking the index for the hits of all accounts.
              SELECT terms FROM search_terms WHERE document_id = newest.id AND part = 0 OFFSET 0
            ) AS indexed WHERE terms @@ ${renderQuery(tierQuery(query, 3))}::tsquery`),
          Option.getOrThrow
        )
      }

      /** Documents of many terms, each with every lookup that one of its rows fulfils. */
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

      const look = Effect.fnUntraced(function* (owner: UserId, query: Query) {
        const counts = yield* sample(owner, query)
        const parted = counts.hasParts ? yield* inParts(owner, query) : []
        return { counts, parted: parted.map(({ id, found }) => ({ id, found: new Set(found) })) }
      })

      /** Every hit by the index, and of them the ids that come first. */
      const chosen = (owner: UserId, { terms, others, filter, after, order }: Step, limit: number) => {
        // Ids alone have their order in them: then only those that come first are looked up.
        const conditions = conditionsOf(sql, filter)
        const isPlain = conditions.length === 0 && order.startsWith("id ")
        const ownerIs = isPlain ? [] : [sql`user_id = ${owner}`]
        const clauses = [...ownerIs, ...conditions, ...Option.toArray(after)]
        return sql`
          WITH hit AS MATERIALIZED (
            SELECT document_id AS id FROM search_terms WHERE user_id = ${owner} AND terms @@ ${terms}::tsquery
            UNION ALL SELECT unnest(${others}::uuid[])
          )
          SELECT id FROM ${isPlain ? sql`hit` : sql`hit JOIN documents USING (id)`}
          WHERE ${sql.and(clauses)} ORDER BY ${sql.literal(order)} LIMIT ${limit}`
      }

      /** By the index, one tier after the other: PostgreSQL begins none that is not needed any more. */
      const byIndex = (owner: UserId, steps: ReadonlyArray<TierStep>, limit: number) =>
        steps.length === 0 || limit === 0
          ? Effect.succeed([])
          : hitsOf(sql`
            SELECT ${select}, tier FROM (
              SELECT id, tier FROM (${sql.join(
                " UNION ALL ",
                false
              )(
                steps.map(
                  (step) => sql`SELECT id, ${step.tier}::int AS tier FROM (${chosen(owner, step, limit)}) AS hits`
                )
              )}) AS every_tier LIMIT ${limit}
            ) AS best JOIN documents USING (id) WHERE user_id = ${owner} ORDER BY tier, id DESC`)

      /** One document after the other, until enough are found or it takes too long. */
      const byWalk = (owner: UserId, { terms, others, filter, after, order }: Step, limit: number) => {
        const clauses = [sql`user_id = ${owner}`, ...conditionsOf(sql, filter), ...Option.toArray(after)]
        return rowsOf(sql`
          SELECT ${select} FROM (
            SELECT * FROM documents WHERE ${sql.and(clauses)} ORDER BY ${sql.literal(order)} LIMIT ${walkLimit}
          ) AS document
          WHERE id = ANY(${others}::uuid[])
            OR (SELECT terms @@ ${terms}::tsquery FROM search_terms WHERE document_id = document.id AND part = 0)
          ORDER BY ${sql.literal(order)} LIMIT ${limit}`)
      }

      return DocumentSearch.of({
        byRelevance: Effect.fn("DocumentSearch.byRelevance")(function* (owner, query, { filter, limit, after }) {
          const { counts, parted } = yield* look(owner, query)
          const firstTier = Option.match(after, { onNone: () => 0, onSome: ({ tier }) => tier })
          const stepOf = (tier: Tier): TierStep => ({
            tier,
            terms: renderTier(query, tier),
            others: parted
              .filter(({ found }) => tiers.find((one) => holds(tierQuery(query, one), found)) === tier)
              .map(({ id }) => id),
            order: "id DESC",
            filter,
            after: after.pipe(
              Option.filter((position) => position.tier === tier),
              Option.map(({ id }) => sql`id < ${id}`)
            )
          })
          const hits: Array<Hit> = []
          const put = (found: ReadonlyArray<typeof HitRow.Type>) =>
            hits.push(...found.map(({ tier, ...row }) => ({ tier, row })))
          let pending: Array<TierStep> = []
          for (const step of distinctTiers(query)
            .filter((tier) => tier >= firstTier)
            .map(stepOf)) {
            if (counts[`tier${step.tier}`] >= frequent) {
              put(yield* byIndex(owner, pending, limit - hits.length))
              pending = []
              if (hits.length >= limit) break
              const walked = yield* byWalk(owner, step, limit - hits.length)
              if (hits.length + walked.length >= limit)
                return [...hits, ...walked.map((row) => ({ row, tier: step.tier }))]
            }
            pending.push(step)
          }
          put(yield* byIndex(owner, pending, limit - hits.length))
          return hits
        }),
        inOrder: Effect.fn("DocumentSearch.inOrder")(function* (owner, query, { filter, limit, order, after }) {
          const { counts, parted } = yield* look(owner, query)
          const wanted = tierQuery(query, 3)
          const step = {
            terms: renderQuery({ all: [wanted, { not: { term: quoteLexeme(inPartsMark) } }] }),
            others: parted.filter(({ found }) => holds(wanted, found)).map(({ id }) => id),
            order,
            filter,
            after
          }
          if (counts.tier0 + counts.tier1 + counts.tier2 + counts.tier3 >= frequent) {
            const walked = yield* byWalk(owner, step, limit)
            if (walked.length >= limit) return walked
          }
          return yield* rowsOf(sql`SELECT ${select} FROM documents WHERE user_id = ${owner}
            AND id IN (${chosen(owner, step, limit)}) ORDER BY ${sql.literal(order)}`)
        })
      })
    })
  )
}

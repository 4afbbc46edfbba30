import { ByteCountFromBigInt, decodeRow, decodeRows } from "@kite/adapters/postgres/Rows"
import type { UserId } from "@kite/domain/auth/User"
import { type DocumentId, ObjectKey } from "@kite/domain/documents/Document"
import type { DocumentSort, ListQuery, Position } from "@kite/domain/documents/DocumentList"
import { Page } from "@kite/domain/documents/Extraction"
import type { Quota } from "@kite/domain/documents/Quota"
import { Array as Arr, Context, DateTime, Effect, Layer, Option, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { columns, DocumentRow } from "./DocumentRow.ts"
import type { StoredFile } from "./Upload.ts"

const QuotaRow = Schema.Struct({ usedBytes: ByteCountFromBigInt, limitBytes: ByteCountFromBigInt })
const PageRow = Schema.Struct({ ...Page.fields, ocrConfidence: Schema.NullOr(Schema.Finite) })

const orders: Record<DocumentSort, string> = {
  createdAt: "id ASC",
  "-createdAt": "id DESC",
  filename: "filename ASC, id ASC",
  "-filename": "filename DESC, id DESC"
}

/** What a list asks for: everything given, the position decoded. */
export interface ListOptions extends Pick<ListQuery, "q" | "status" | "maxOcrConfidence"> {
  readonly sort: DocumentSort
  readonly limit: number
  readonly after: Option.Option<Position>
}

/** Documents in Postgres. Every statement is scoped to its owner, so that what belongs to others is simply not there. */
export class DocumentRepository extends Context.Service<
  DocumentRepository,
  {
    readonly quota: (owner: UserId) => Effect.Effect<Quota>
    /** Charges the quota and writes the row, or does neither and answers none where the quota has not enough left. */
    readonly insert: (owner: UserId, id: DocumentId, file: StoredFile) => Effect.Effect<Option.Option<DocumentRow>>
    readonly find: (owner: UserId, id: DocumentId) => Effect.Effect<Option.Option<DocumentRow>>
    readonly list: (owner: UserId, options: ListOptions) => Effect.Effect<ReadonlyArray<DocumentRow>>
    readonly pages: (id: DocumentId) => Effect.Effect<ReadonlyArray<Page>>
    readonly rename: (owner: UserId, id: DocumentId, filename: string) => Effect.Effect<Option.Option<DocumentRow>>
    /** Gives the quota back and answers the key whose object may go. */
    readonly remove: (owner: UserId, id: DocumentId) => Effect.Effect<Option.Option<ObjectKey>>
    /** Makes a finished document pending again, as its next attempt; none where it is not finished. */
    readonly restart: (owner: UserId, id: DocumentId) => Effect.Effect<Option.Option<DocumentRow>>
  }
>()("@kite/server/documents/DocumentRepository") {
  static readonly layer = Layer.effect(
    DocumentRepository,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const select = sql.literal(columns)
      const one = decodeRow(DocumentRow)
      const many = decodeRows(DocumentRow)
      const quotaOf = decodeRow(QuotaRow)
      const pagesOf = decodeRows(PageRow)
      const keyOf = decodeRow(Schema.Struct({ objectKey: ObjectKey }))
      const now = Effect.map(DateTime.now, DateTime.toDateUtc)

      const after = ({ sort, id, filename }: Position) => {
        switch (sort) {
          case "createdAt":
            return sql`id > ${id}`
          case "-createdAt":
            return sql`id < ${id}`
          case "filename":
            return sql`(filename, id) > (${filename}, ${id})`
          case "-filename":
            return sql`(filename, id) < (${filename}, ${id})`
        }
      }

      return DocumentRepository.of({
        quota: (owner) =>
          quotaOf(sql`SELECT used_bytes, limit_bytes FROM users WHERE id = ${owner}`).pipe(
            Effect.map(Option.getOrThrow)
          ),
        insert: Effect.fn("DocumentRepository.insert")(function* (owner, id, file) {
          const at = yield* now
          return yield* one(sql`
            WITH charged AS (
              UPDATE users SET used_bytes = used_bytes + ${file.sizeBytes}
              WHERE id = ${owner} AND used_bytes + ${file.sizeBytes} <= limit_bytes RETURNING id
            )
            INSERT INTO documents
              (id, user_id, object_key, filename, content_type, size_bytes, sha256, status, created_at, updated_at)
            SELECT ${id}::uuid, charged.id, ${file.objectKey}::uuid, ${file.filename}, ${file.contentType},
              ${file.sizeBytes}, ${file.sha256}, 'pending', ${at}::timestamptz, ${at}::timestamptz
            FROM charged RETURNING ${select}`)
        }),
        find: (owner, id) => one(sql`SELECT ${select} FROM documents WHERE user_id = ${owner} AND id = ${id}`),
        list: (owner, { q, status, maxOcrConfidence, sort, limit, after: position }) => {
          const clauses = [sql`user_id = ${owner}`]
          if (status !== undefined) clauses.push(sql`status = ${status}`)
          if (maxOcrConfidence !== undefined) clauses.push(sql`ocr_confidence <= ${maxOcrConfidence}`)
          if (Option.isSome(position)) clauses.push(after(position.value))
          if (q !== undefined) {
            // terms hold no positions, so the words of a phrase are looked for side by side
            const words = sql`websearch_to_tsquery('simple', normalize(${q}, NFKC))`
            clauses.push(sql`terms @@ replace(${words}::text, '<->', '&')::tsquery`)
          }
          return many(sql`SELECT ${select} FROM documents WHERE ${sql.and(clauses)}
            ORDER BY ${sql.literal(orders[sort])} LIMIT ${limit}`)
        },
        pages: (id) =>
          pagesOf(
            sql`SELECT number, text, source, confidence AS ocr_confidence FROM pages
              WHERE document_id = ${id} ORDER BY number`
          ).pipe(
            Effect.map(
              Arr.map(({ ocrConfidence, ...page }) => (ocrConfidence === null ? page : { ...page, ocrConfidence }))
            )
          ),
        rename: Effect.fn("DocumentRepository.rename")(function* (owner, id, filename) {
          return yield* one(sql`UPDATE documents SET filename = ${filename}, updated_at = ${yield* now}
            WHERE user_id = ${owner} AND id = ${id} RETURNING ${select}`)
        }),
        remove: Effect.fn("DocumentRepository.remove")(function* (owner, id) {
          const gone = yield* keyOf(sql`
            WITH gone AS (
              DELETE FROM documents WHERE user_id = ${owner} AND id = ${id} RETURNING user_id, object_key, size_bytes
            ), given_back AS (
              UPDATE users SET used_bytes = used_bytes - gone.size_bytes FROM gone WHERE users.id = gone.user_id
            )
            SELECT object_key FROM gone`)
          return Option.map(gone, ({ objectKey }) => objectKey)
        }),
        restart: Effect.fn("DocumentRepository.restart")(function* (owner, id) {
          return yield* one(sql`
            UPDATE documents SET status = 'pending', attempt = attempt + 1, failure_code = NULL, failure_message = NULL,
              notices = '[]', updated_at = ${yield* now}
            WHERE user_id = ${owner} AND id = ${id} AND status IN ('ready', 'failed') RETURNING ${select}`)
        })
      })
    })
  )
}

import { ByteCountFromBigInt, decodeRow, decodeRows, orDefect } from "@kite/adapters/postgres/Rows"
import { SearchIndex, searchVersion } from "@kite/adapters/search/SearchIndex"
import { DocumentId, ObjectKey } from "@kite/domain/documents/Document"
import type { DocumentFilter, DocumentSort, Position } from "@kite/domain/documents/DocumentList"
import { filenameKey } from "@kite/domain/documents/FilenameKey"
import { millisOf } from "@kite/domain/UuidV7"
import type { Quota } from "@kite/domain/users/Quota"
import type { UserId } from "@kite/domain/users/User"
import { Context, DateTime, Effect, Layer, Option, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { conditionsOf } from "./rows/DocumentFilter.ts"
import { isAfter, orders } from "./rows/DocumentOrder.ts"
import { columns, DocumentRow } from "./rows/DocumentRow.ts"
import type { StoredFile } from "./Upload.ts"

const QuotaRow = Schema.Struct({ usedBytes: ByteCountFromBigInt, limitBytes: ByteCountFromBigInt })

/** A new document, and the oldest other one of the account with the same bytes. */
const InsertedRow = Schema.Struct({ ...DocumentRow.fields, duplicateOf: Schema.NullOr(DocumentId) })
export type InsertedRow = typeof InsertedRow.Type

/** What a list asks for: everything given, the position decoded. */
export interface ListOptions {
  readonly filter: DocumentFilter
  readonly sort: DocumentSort
  readonly limit: number
  readonly after: Option.Option<Position>
}

/** Documents in Postgres. Every statement is scoped to its owner, so that what belongs to others is simply not there. */
export class DocumentRepository extends Context.Service<
  DocumentRepository,
  {
    readonly quota: (owner: UserId) => Effect.Effect<Quota>
    /** What an upload must know of its owner, in one statement. */
    readonly uploader: (owner: UserId) => Effect.Effect<{ readonly quota: Quota; readonly emailProven: boolean }>
    /**
     * Charges the quota, what the upload's reservation held included, and writes the row; or does neither and returns none where
     * the quota does not have enough left. The charge locks the account, so that of uploads of the same bytes all but the first see
     * another one.
     */
    readonly insert: (
      owner: UserId,
      id: DocumentId,
      file: StoredFile,
      reservationId: string
    ) => Effect.Effect<Option.Option<InsertedRow>>
    readonly find: (owner: UserId, id: DocumentId) => Effect.Effect<Option.Option<DocumentRow>>
    readonly list: (owner: UserId, options: ListOptions) => Effect.Effect<ReadonlyArray<DocumentRow>>
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
      const index = yield* SearchIndex
      const select = sql.literal(columns)
      const one = decodeRow(DocumentRow)
      const inserted = decodeRow(InsertedRow)
      const many = decodeRows(DocumentRow)
      const quotaOf = decodeRow(QuotaRow)
      const uploaderOf = decodeRow(Schema.Struct({ ...QuotaRow.fields, emailProven: Schema.Boolean }))
      const keyOf = decodeRow(Schema.Struct({ objectKey: ObjectKey }))
      const now = Effect.map(DateTime.now, DateTime.toDateUtc)

      return DocumentRepository.of({
        quota: (owner) =>
          quotaOf(sql`SELECT used_bytes, limit_bytes FROM users WHERE id = ${owner}`).pipe(
            Effect.map(Option.getOrThrow)
          ),
        uploader: (owner) =>
          uploaderOf(sql`SELECT used_bytes, limit_bytes, email_proven FROM users WHERE id = ${owner}`).pipe(
            Effect.map(Option.getOrThrow),
            Effect.map(({ emailProven, ...quota }) => ({ quota, emailProven }))
          ),
        insert: Effect.fn("DocumentRepository.insert")(function* (owner, id, file, reservationId) {
          const at = new Date(millisOf(id))
          const row = yield* inserted(sql`
            WITH reserved AS (
              SELECT coalesce(sum(bytes), 0)::bigint AS bytes FROM upload_reservations WHERE id = ${reservationId}
            ), charged AS (
              UPDATE users SET used_bytes = used_bytes + ${file.sizeBytes}, reserved_bytes = reserved_bytes - reserved.bytes
              FROM reserved
              WHERE users.id = ${owner}
                AND used_bytes + ${file.sizeBytes} + reserved_bytes - reserved.bytes <= limit_bytes
              RETURNING users.id
            ), settled AS (
              DELETE FROM upload_reservations USING charged WHERE upload_reservations.id = ${reservationId}
            )
            INSERT INTO documents
              (id, user_id, object_key, filename, filename_key, search_version, content_type, size_bytes, sha256, status,
                created_at, updated_at)
            SELECT ${id}::uuid, charged.id, ${file.objectKey}::uuid, ${file.filename}, ${filenameKey(file.filename)},
              ${searchVersion}::smallint, ${file.contentType}, ${file.sizeBytes}, ${file.sha256}, 'pending',
              ${at}::timestamptz, ${at}::timestamptz
            FROM charged RETURNING ${select}, oldest_copy(user_id, sha256, id) AS duplicate_of`)
          if (Option.isSome(row)) yield* orDefect(index.putName({ id, userId: owner, filename: file.filename }))
          return row
        }),
        find: (owner, id) => one(sql`SELECT ${select} FROM documents WHERE user_id = ${owner} AND id = ${id}`),
        list: (owner, { filter, sort, limit, after }) => {
          const clauses = [sql`user_id = ${owner}`, ...conditionsOf(sql, filter)]
          if (Option.isSome(after)) clauses.push(isAfter(sql, after.value))
          const statement = sql`SELECT ${select} FROM documents WHERE ${sql.and(clauses)}
            ORDER BY ${sql.literal(orders[sort])} LIMIT ${limit}`
          // The plan must know how long the interval is: by name it is sorted, or picked from the index of names.
          const isInterval = filter.createdAfter !== undefined || filter.createdBefore !== undefined
          return many(isInterval ? statement.unprepared : statement)
        },
        rename: Effect.fn("DocumentRepository.rename")(function* (owner, id, filename) {
          const at = yield* now
          const rename = Effect.tap(
            one(sql`UPDATE documents SET filename = ${filename}, filename_key = ${filenameKey(filename)}, updated_at = ${at}
              WHERE user_id = ${owner} AND id = ${id} RETURNING ${select}`),
            (row) => (Option.isSome(row) ? index.putName({ id, userId: owner, filename }) : Effect.void)
          )
          return yield* orDefect(sql.withTransaction(rename))
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
  ).pipe(Layer.provide(SearchIndex.layer))
}

import { ClientIp, CorrelationId, CurrentUserId } from "@kite/adapters/logging/RequestContext"
import { decodeRows, orDefect } from "@kite/adapters/postgres/Rows"
import type { AuditAction, AuditDetails, AuditEntry, AuditId, AuditSubject } from "@kite/domain/audit/AuditEntry"
import type { AuditFilter, AuditPage, AuditQuery } from "@kite/domain/audit/AuditQuery"
import { rowsToRead, takePage } from "@kite/domain/Paging"
import { firstIdAt, millisOf } from "@kite/domain/UuidV7"
import { Context, Effect, Layer, Option, Stream } from "effect"
import { SecureRandom } from "effect/crypto"
import { SqlClient } from "effect/sql"
import { AuditRow, toEntry } from "./AuditRow.ts"

const defaultPageSize = 50
/** How many entries an export reads at a time. */
const exportPageSize = 500

/** What happened. The log itself adds the time, the client's address, the correlation id and the authenticated account. */
export interface AuditRecord {
  readonly action: AuditAction
  /** Who did it, if not the authenticated account. */
  readonly actorId?: string | undefined
  readonly subject?: AuditSubject | undefined
  readonly details?: AuditDetails
}

/** The append-only log of what was done to accounts, sessions and documents. */
export class AuditLog extends Context.Service<
  AuditLog,
  {
    /** Joins the surrounding transaction, so that an action and its entry are committed together or not at all. */
    readonly record: (entry: AuditRecord) => Effect.Effect<void>
    /** Newest first. */
    readonly list: (query: AuditQuery) => Effect.Effect<AuditPage>
    /** All entries that match, newest first, in batches. Each batch is one statement: an export holds no connection. */
    readonly all: (filter: AuditFilter) => Stream.Stream<ReadonlyArray<AuditEntry>>
  }
>()("@kite/server/audit/AuditLog") {
  static readonly layer = Layer.effect(
    AuditLog,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const decode = decodeRows(AuditRow)

      const conditions = ({ action, actorId, subjectId, clientIp, from, to }: AuditFilter, before?: AuditId) => [
        ...(action === undefined ? [] : [sql`action = ${action}`]),
        ...(actorId === undefined ? [] : [sql`actor_id = ${actorId}`]),
        ...(subjectId === undefined ? [] : [sql`subject_id = ${subjectId}`]),
        ...(clientIp === undefined ? [] : [sql`client_ip = ${clientIp}`]),
        ...(from === undefined ? [] : [sql`id >= ${firstIdAt(from.epochMilliseconds)}`]),
        ...(to === undefined ? [] : [sql`id < ${firstIdAt(to.epochMilliseconds)}`]),
        ...(before === undefined ? [] : [sql`id < ${before}`])
      ]

      const read = Effect.fnUntraced(function* (filter: AuditFilter, limit: number, before?: AuditId) {
        const where = conditions(filter, before)
        const rows = yield* decode(sql`
          SELECT id, at, action, actor_id, subject_type, subject_id, client_ip, correlation_id, details FROM audit_log
          ${where.length === 0 ? sql.literal("") : sql`WHERE ${sql.and(where)}`}
          ORDER BY id DESC LIMIT ${rowsToRead(limit)}`)
        return takePage(rows.map(toEntry), limit, ({ id }) => id)
      })

      return AuditLog.of({
        record: Effect.fn("AuditLog.record")(function* ({ action, actorId, subject, details = {} }) {
          const id = SecureRandom.uuidV7Unsafe()
          const correlationId = yield* CorrelationId
          const row = {
            id,
            at: new Date(millisOf(id)),
            action,
            actorId: actorId ?? (yield* CurrentUserId) ?? null,
            subjectType: subject?.type ?? null,
            subjectId: subject?.id ?? null,
            clientIp: (yield* ClientIp) ?? null,
            correlationId: correlationId === "-" ? null : correlationId,
            details: JSON.stringify(details)
          }
          yield* orDefect(sql`INSERT INTO audit_log ${sql.insert(row)}`)
        }),
        list: Effect.fn("AuditLog.list")(function* ({ limit = defaultPageSize, cursor, ...filter }) {
          return yield* read(filter, limit, cursor)
        }),
        all: (filter) =>
          Stream.paginate<AuditId | undefined, ReadonlyArray<AuditEntry>>(undefined, (before) =>
            Effect.map(read(filter, exportPageSize, before), ({ items, nextCursor }) => [
              [items],
              Option.map(Option.fromNullOr(nextCursor), (id): AuditId | undefined => id)
            ])
          )
      })
    })
  )
}

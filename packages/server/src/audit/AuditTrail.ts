import { decodeRows } from "@kite/adapters/postgres/Rows"
import type { AuditEntry, AuditId } from "@kite/domain/audit/AuditEntry"
import type { AuditFilter, AuditPage, AuditQuery } from "@kite/domain/audit/AuditQuery"
import { Context, Effect, Layer, Option, Stream } from "effect"
import { SqlClient } from "effect/sql"
import { AuditRow, toEntry } from "./AuditRow.ts"
import { firstIdAt } from "./AuditTime.ts"

const defaultPageSize = 50
/** Entries that an export reads at once. */
const exportPageSize = 500

/** Reads the audit log, newest first. */
export class AuditTrail extends Context.Service<
  AuditTrail,
  {
    readonly list: (query: AuditQuery) => Effect.Effect<AuditPage>
    /** All that fits, as of now, in batches; each is a statement of its own, so that no export holds a connection. */
    readonly all: (filter: AuditFilter) => Stream.Stream<ReadonlyArray<AuditEntry>>
  }
>()("@kite/server/audit/AuditTrail") {
  static readonly layer = Layer.effect(
    AuditTrail,
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

      /** Answers the entries and where the next page begins, where there is one. */
      const read = Effect.fnUntraced(function* (filter: AuditFilter, limit: number, before?: AuditId) {
        const where = conditions(filter, before)
        const rows = yield* decode(sql`
          SELECT id, at, action, actor_id, subject_type, subject_id, client_ip, correlation_id, details FROM audit_log
          ${where.length === 0 ? sql.literal("") : sql`WHERE ${sql.and(where)}`}
          ORDER BY id DESC LIMIT ${limit + 1}`)
        const entries = rows.slice(0, limit).map(toEntry)
        return { entries, next: rows.length > limit ? entries.at(-1)?.id : undefined }
      })

      const allBefore = (filter: AuditFilter) =>
        Stream.paginate<AuditId | undefined, ReadonlyArray<AuditEntry>>(undefined, (before) =>
          Effect.map(read(filter, exportPageSize, before), ({ entries, next }) => [
            [entries],
            Option.map(Option.fromUndefinedOr(next), (id): AuditId | undefined => id)
          ])
        )

      return AuditTrail.of({
        list: Effect.fn("AuditTrail.list")(function* ({ limit = defaultPageSize, cursor, ...filter }) {
          const { entries, next } = yield* read(filter, limit, cursor)
          return { items: entries, nextCursor: next ?? null }
        }),
        all: allBefore
      })
    })
  )
}

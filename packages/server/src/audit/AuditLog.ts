import { ClientIp, CorrelationId, CurrentUserId } from "@kite/adapters/logging/RequestContext"
import { orDefect } from "@kite/adapters/postgres/Rows"
import type { AuditAction, AuditDetails, AuditSubject } from "@kite/domain/audit/AuditEntry"
import { Context, Effect, Layer } from "effect"
import { SecureRandom } from "effect/crypto"
import { SqlClient } from "effect/sql"
import { millisOf } from "./AuditTime.ts"

/** What happened; where, when and in which request is known to the log itself. */
export interface AuditRecord {
  readonly action: AuditAction
  /** Who did it, where that is not the account that is authenticated. */
  readonly actorId?: string | undefined
  readonly subject?: AuditSubject | undefined
  readonly details?: AuditDetails
}

/** The append-only log of what was done to accounts, sessions and documents. */
export class AuditLog extends Context.Service<
  AuditLog,
  {
    /** Joins the surrounding transaction: what is not recorded does not happen, and the other way round. */
    readonly record: (entry: AuditRecord) => Effect.Effect<void>
  }
>()("@kite/server/audit/AuditLog") {
  static readonly layer = Layer.effect(
    AuditLog,
    Effect.map(SqlClient.SqlClient, (sql) =>
      AuditLog.of({
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
        })
      })
    )
  )
}

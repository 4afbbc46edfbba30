import { decodeRow, orDefect } from "@kite/adapters/postgres/Rows"
import { Settings } from "@kite/adapters/settings/Settings"
import { AuditId } from "@kite/domain/audit/AuditEntry"
import { firstIdAt } from "@kite/domain/UuidV7"
import { Clock, Context, Effect, Layer, Option, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { AuditLog } from "./AuditLog.ts"
import { SealKey } from "./SealKey.ts"

/** Removes old entries of the audit log, with their seals. Only the owner of the tables can. */
export class AuditRetention extends Context.Service<
  AuditRetention,
  {
    /**
     * Removes whole seals, oldest first, whose entries are all older than this many ms, and returns how many entries that were.
     * The last seal stays. An entry of the log proves that kite removed them, so the rest still verifies, also after a crash.
     */
    readonly prune: (age: number) => Effect.Effect<number>
  }
>()("@kite/server/audit/AuditRetention") {
  static readonly layerNoDeps = Layer.effect(
    AuditRetention,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const audit = yield* AuditLog
      const { TOKEN_SECRET: secret } = yield* Settings
      if (secret === undefined) return yield* Effect.die(new Error("TOKEN_SECRET must be set"))
      const key = new SealKey(secret)
      const lastOld = decodeRow(Schema.Struct({ number: Schema.Int }))
      const removed = decodeRow(Schema.Struct({ count: Schema.Int }))
      const oldest = decodeRow(Schema.Struct({ number: Schema.Int, entries: Schema.Array(AuditId) }))

      /** The oldest seal up to this number; none if there is none. */
      const pruneSeal = Effect.fnUntraced(function* (upTo: number) {
        const seal = yield* oldest(sql`
          SELECT number::int AS number, entries FROM audit_seals WHERE number <= ${upTo} ORDER BY number LIMIT 1`)
        if (Option.isNone(seal)) return Option.none<number>()
        const { number, entries } = seal.value
        const row = yield* removed(sql`
          WITH gone AS (DELETE FROM audit_log WHERE id = ANY(${entries}::uuid[]) RETURNING id)
          SELECT count(*)::int AS count FROM gone`)
        yield* sql`DELETE FROM audit_seals WHERE number = ${number}`
        return Option.map(row, ({ count }) => count)
      }, sql.withTransaction)

      return AuditRetention.of({
        prune: Effect.fn("AuditRetention.prune")(function* (age) {
          const before = firstIdAt((yield* Clock.currentTimeMillis) - age)
          const last = yield* lastOld(sql`
            SELECT number::int AS number FROM audit_seals WHERE newest < ${before}
              AND number < (SELECT max(number) FROM audit_seals) ORDER BY number DESC LIMIT 1`)
          if (Option.isNone(last)) return 0
          const { number } = last.value
          yield* audit.record({ action: "audit_pruned", details: { seal: number, proof: key.ofPruning(number) } })
          let sum = 0
          for (;;) {
            const count = yield* orDefect(pruneSeal(number))
            if (Option.isNone(count)) return sum
            sum += count.value
          }
        })
      })
    })
  )

  static readonly layer = AuditRetention.layerNoDeps.pipe(Layer.provide(AuditLog.layer))
}

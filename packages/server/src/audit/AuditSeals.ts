import { decodeRow, decodeRows, orDefect } from "@kite/adapters/postgres/Rows"
import { Settings } from "@kite/adapters/settings/Settings"
import { Clock, Context, Effect, Layer, Option, Schedule, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { noPrevious, SealKey, sealName } from "./SealKey.ts"
import {
  beforeAll,
  ContentRow,
  contentColumns,
  type HeadRow,
  HeadRow as HeadSchema,
  settledUpTo,
  tooEarlyFrom
} from "./SealRow.ts"

/** Entries of one seal, and seals of one round; a round that reaches its bound goes on with the next one. */
const batchSize = 1_000
const maxBatches = 100
const interval = "5 seconds"

const isSame = (one: Uint8Array, other: Uint8Array) => Buffer.compare(one, other) === 0

/**
 * Seals the audit log against changes: every few seconds, all new entries get one seal, chained to the seal before. Entries are
 * written without it, so logins and uploads wait for nothing. An entry is sealed when it is first seen, whatever the order of the
 * commits; one that appears long after newer entries were sealed never is, and `kite audit verify` reports it.
 */
export class AuditSeals extends Context.Service<
  AuditSeals,
  {
    /** Seals what is new, unless another server does so at the same time; returns how many entries. */
    readonly seal: Effect.Effect<number>
  }
>()("@kite/server/audit/AuditSeals") {
  static readonly layer = Layer.effect(
    AuditSeals,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const { TOKEN_SECRET: secret } = yield* Settings
      if (secret === undefined) return yield* Effect.die(new Error("TOKEN_SECRET must be set"))
      const key = new SealKey(secret)
      const headOf = decodeRow(HeadSchema)
      const sealedOf = decodeRow(Schema.Struct({ count: Schema.Int }))
      const contents = decodeRows(ContentRow)
      /** The last seal that this process has seen: it must still be there the next time. */
      let seen: HeadRow | undefined

      const isStillThere = Effect.fnUntraced(function* (head: HeadRow | undefined) {
        if (seen === undefined || (head !== undefined && head.number > seen.number)) return true
        if (head !== undefined && head.number === seen.number && isSame(head.mac, seen.mac)) return true
        const message = `The audit log was changed: its seal ${seen.number} was removed or replaced. No more seals until a restart`
        yield* Effect.logError(message, { event: "audit_tampered" })
        return false
      })

      /** Sealed entries above `floor` are skipped by a set difference: its cost depends on no estimate of the planner. */
      const newEntries = Effect.fnUntraced(function* (floor: string) {
        const sealed = yield* sealedOf(sql`
          SELECT coalesce(sum(cardinality(entries)), 0)::int AS count FROM audit_seals WHERE newest >= ${floor}`)
        const limit = Option.getOrThrow(sealed).count + batchSize
        const end = tooEarlyFrom(yield* Clock.currentTimeMillis)
        return yield* contents(sql`
          SELECT ${sql.literal(contentColumns)} FROM audit_log WHERE id IN (
            (SELECT id FROM audit_log WHERE id > ${floor} AND id < ${end} ORDER BY id LIMIT ${limit})
            EXCEPT SELECT unnest(entries) FROM audit_seals WHERE newest >= ${floor}
            ORDER BY id LIMIT ${batchSize}
          ) ORDER BY id`)
      })

      /** Without a transaction, which would wait for its turn: of two servers at the same time, the number lets one through. */
      const sealBatch = Effect.gen(function* () {
        const head = Option.getOrUndefined(
          yield* headOf(sql`SELECT number, newest, mac FROM audit_seals ORDER BY number DESC LIMIT 1`)
        )
        if (!(yield* isStillThere(head))) return { count: 0, head: seen }
        const rows = yield* newEntries(head === undefined ? beforeAll : settledUpTo(head.newest))
        const last = rows.at(-1)
        if (last === undefined) return { count: 0, head }
        const seal = {
          number: (head?.number ?? 0) + 1,
          newest: head !== undefined && head.newest > last.id ? head.newest : last.id,
          entries: rows.map(({ id }) => id),
          macs: Buffer.concat(rows.map((row) => key.ofEntry(row.content))),
          previous: head?.mac ?? noPrevious
        }
        const mac = key.ofSeal(seal)
        const isMine = yield* sql`
          INSERT INTO audit_seals (number, key_id, newest, entries, macs, previous, mac)
          VALUES (${seal.number}, ${key.id}, ${seal.newest}, ${seal.entries}::uuid[], ${seal.macs}, ${seal.previous}, ${mac})
          ON CONFLICT DO NOTHING RETURNING number`
        if (isMine.length === 0) return { count: 0, head }
        const name = sealName({ ...seal, mac })
        yield* Effect.logInfo(`Sealed ${rows.length} entries of the audit log`, { event: "audit_sealed", seal: name })
        return { count: rows.length, head: { number: seal.number, newest: seal.newest, mac } }
      }).pipe(orDefect)

      return AuditSeals.of({
        seal: Effect.gen(function* () {
          let sum = 0
          for (let round = 0; round < maxBatches; round++) {
            const { count, head } = yield* sealBatch
            seen = head
            sum += count
            if (count < batchSize) break
          }
          return sum
        }).pipe(Effect.withSpan("AuditSeals.seal"))
      })
    })
  )

  /** Seals for as long as the layer lives. Several servers may. */
  static readonly background = Layer.effectDiscard(
    Effect.gen(function* () {
      const { seal } = yield* AuditSeals
      const guarded = Effect.catchCause(seal, (cause) => Effect.logError("The audit log could not be sealed", cause))
      yield* Effect.forkScoped(Effect.repeat(guarded, Schedule.spaced(interval)))
    })
  ).pipe(Layer.provide(AuditSeals.layer))
}

import { decodeRow, decodeRows, orDefect } from "@kite/adapters/postgres/Rows"
import { Settings } from "@kite/adapters/settings/Settings"
import { AuditId } from "@kite/domain/audit/AuditEntry"
import { firstIdAt } from "@kite/domain/UuidV7"
import { Clock, Context, Effect, Layer, Option, type Redacted, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { entryMacBytes, noPrevious, SealKey, sealName } from "./SealKey.ts"
import { beforeAll, ContentRow, contentColumns, SealRow, settledUpTo } from "./SealRow.ts"

const pageSize = 5_000

/** The audit log is not what kite wrote; `message` names the first place. */
export class AuditBroken extends Schema.TaggedError<AuditBroken>()("AuditBroken", { message: Schema.String }) {}

const broken = (message: string) => new AuditBroken({ message: `The audit log was changed: ${message}` })

export interface Verified {
  readonly seals: number
  readonly entries: number
  /** Entries that have no seal yet. */
  readonly waiting: number
  /** The name of the last seal. */
  readonly last: string | undefined
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex")

/** Checks every entry of the audit log against its seal, and every seal against the one before. */
export class AuditVerification extends Context.Service<
  AuditVerification,
  {
    /**
     * `anchor` names a seal that must still be there: it shows that the newest seals were not removed. `oldSecrets` are former values of
     * TOKEN_SECRET. Reads one seal at a time. Do not run it while `kite audit prune` runs.
     */
    readonly verify: (options?: {
      readonly anchor?: string | undefined
      readonly oldSecrets?: ReadonlyArray<Redacted.Redacted>
    }) => Effect.Effect<Verified, AuditBroken>
  }
>()("@kite/server/audit/AuditVerification") {
  static readonly layer = Layer.effect(
    AuditVerification,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const { TOKEN_SECRET: secret } = yield* Settings
      if (secret === undefined) return yield* Effect.die(new Error("TOKEN_SECRET must be set"))
      const nextSeal = decodeRow(SealRow)
      const contents = decodeRows(ContentRow)
      const ids = decodeRows(Schema.Struct({ id: AuditId }))
      const pruningOf = decodeRow(Schema.Struct({ number: Schema.Natural, proof: Schema.String }))
      const count = decodeRow(Schema.Struct({ count: Schema.Int }))

      /** Seals before the first one may be missing if kite removed them, and only then. */
      const checkStart = Effect.fnUntraced(function* ({ number, previous }: SealRow, keys: ReadonlyArray<SealKey>) {
        if (number === 1) {
          return hex(previous) === hex(noPrevious) ? undefined : yield* broken("the first seal is not the first one")
        }
        const pruning = Option.getOrUndefined(
          yield* pruningOf(sql`
            SELECT (details ->> 'seal')::int AS number, details ->> 'proof' AS proof FROM audit_log
            WHERE action = 'audit_pruned' ORDER BY id DESC LIMIT 1`)
        )
        const explains =
          pruning !== undefined &&
          pruning.number >= number - 1 &&
          keys.some((key) => key.ofPruning(pruning.number) === pruning.proof)
        if (!explains) yield* broken(`the seals before seal ${number} are missing, and kite did not remove them`)
      })

      const checkSeal = (seal: SealRow, before: SealRow | undefined, key: SealKey | undefined) => {
        const { number } = seal
        if (before !== undefined && number !== before.number + 1) return broken(`seal ${before.number + 1} is missing`)
        if (key === undefined) return broken(`seal ${number} was made with another TOKEN_SECRET`)
        if (hex(key.ofSeal(seal)) !== hex(seal.mac)) return broken(`seal ${number} was changed`)
        if (before !== undefined && hex(seal.previous) !== hex(before.mac)) {
          return broken(`seal ${number} does not follow seal ${before.number}`)
        }
        return undefined
      }

      const checkEntries = Effect.fnUntraced(function* ({ number, entries, macs }: SealRow, key: SealKey) {
        const rows = yield* contents(
          sql`SELECT ${sql.literal(contentColumns)} FROM audit_log WHERE id = ANY(${entries}::uuid[])`
        )
        const found = new Map(rows.map(({ id, content }) => [id, content]))
        for (const [index, id] of entries.entries()) {
          const content = found.get(id)
          if (content === undefined) return yield* broken(`entry ${id} of seal ${number} was removed`)
          const mac = macs.subarray(index * entryMacBytes, (index + 1) * entryMacBytes)
          if (hex(key.ofEntry(content)) !== hex(mac)) {
            return yield* broken(`entry ${id} of seal ${number} is not what was sealed`)
          }
        }
      })

      /** Every entry between the two ids is in a seal; forgets those, so that memory stays bounded. */
      const checkSealed = Effect.fnUntraced(function* (from: string, to: string, sealed: Set<string>) {
        let after = from
        for (;;) {
          const rows = yield* ids(
            sql`SELECT id FROM audit_log WHERE id > ${after} AND id <= ${to} ORDER BY id LIMIT ${pageSize}`
          )
          for (const { id } of rows) {
            if (!sealed.delete(id)) return yield* broken(`entry ${id} has no seal: it was added later than it says`)
          }
          const last = rows.at(-1)
          if (last === undefined) return
          after = last.id
        }
      })

      const countWaiting = Effect.fnUntraced(function* (from: string, sealed: ReadonlySet<string>) {
        const rows = yield* count(sql`SELECT count(*)::int AS count FROM audit_log WHERE id > ${from}`)
        return Math.max(0, Option.getOrThrow(rows).count - sealed.size)
      })

      return AuditVerification.of({
        verify: Effect.fn("AuditVerification.verify")(
          function* ({ anchor, oldSecrets = [] } = {}) {
            const keys = [secret, ...oldSecrets].map((value) => new SealKey(value))
            const sealed = new Set<string>()
            let [settled, entries, seals] = [beforeAll, 0, 0]
            let last: SealRow | undefined
            let isAnchored = anchor === undefined
            for (;;) {
              const next = yield* nextSeal(
                sql`SELECT * FROM audit_seals WHERE number > ${last?.number ?? 0} ORDER BY number LIMIT 1`
              )
              if (Option.isNone(next)) break
              const seal = next.value
              const key = keys.find(({ id }) => id === seal.keyId)
              if (last === undefined) yield* checkStart(seal, keys)
              const wrong = checkSeal(seal, last, key)
              if (wrong !== undefined || key === undefined) return yield* wrong ?? broken(`seal ${seal.number}`)
              yield* checkEntries(seal, key)
              for (const id of seal.entries) sealed.add(id)
              const until = settledUpTo(seal.newest)
              if (until > settled) yield* checkSealed(settled, until, sealed)
              if (until > settled) settled = until
              isAnchored ||= sealName(seal) === anchor
              entries += seal.entries.length
              seals++
              last = seal
            }
            if (last === undefined) {
              const old = firstIdAt(yield* Clock.currentTimeMillis)
              const unsealed = yield* ids(sql`SELECT id FROM audit_log WHERE id < ${settledUpTo(old)} LIMIT 1`)
              if (unsealed.length > 0) return yield* broken("it has entries and no seal; a running server seals them")
            }
            if (!isAnchored) return yield* broken(`seal ${anchor} was removed or replaced`)
            const waiting = yield* countWaiting(settled, sealed)
            return { seals, entries, waiting, last: last && sealName(last) }
          },
          (effect) => orDefect(effect)
        )
      })
    })
  )
}

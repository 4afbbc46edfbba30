import { AuditId } from "@kite/domain/audit/AuditEntry"
import { firstIdAt, millisOf } from "@kite/domain/UuidV7"
import { Schema, SchemaTransformation } from "effect"

const NumberFromBigInt = Schema.BigInt.pipe(
  Schema.decodeTo(Schema.Natural, SchemaTransformation.transform({ decode: Number, encode: BigInt }))
)

/** A seal in the database; migration 0010 says what its columns mean. */
export const SealRow = Schema.Struct({
  number: NumberFromBigInt,
  keyId: Schema.String,
  newest: AuditId,
  entries: Schema.Array(AuditId),
  macs: Schema.Uint8Array,
  previous: Schema.Uint8Array,
  mac: Schema.Uint8Array
})
export type SealRow = typeof SealRow.Type

/** The last seal. */
export const HeadRow = Schema.Struct({ number: NumberFromBigInt, newest: AuditId, mac: Schema.Uint8Array })
export type HeadRow = typeof HeadRow.Type

/** An entry's id and all of it, as text that depends on nothing but its values (kite's connections use UTC). */
export const ContentRow = Schema.Struct({ id: AuditId, content: Schema.String })

export const contentColumns = `id, jsonb_build_array(id, at, action, actor_id, subject_type, subject_id, client_ip,
  correlation_id, details)::text AS content`

/**
 * How much later than an entry with a greater id an entry may be committed, in ms: longer than any transaction, and than the
 * clocks of servers differ. What appears later was not written by kite.
 */
const lateness = 5 * 60_000

/** Entries up to this id are sealed, if `newest` is: none can follow any more. */
export const settledUpTo = (newest: string) => firstIdAt(millisOf(newest) - lateness)

/** Entries from this id on wait: they were written by a server whose clock is more than a minute ahead, or not by kite. */
export const tooEarlyFrom = (now: number) => firstIdAt(now + 60_000)

/** Less than every id of an entry. */
export const beforeAll = firstIdAt(0)

import { Schema, SchemaTransformation } from "effect"
import { UserId } from "../auth/User.ts"
import { maxPageSize } from "../documents/DocumentList.ts"
import { formatIp, parseIp } from "../network/Ip.ts"
import { AuditAction, AuditEntry, AuditId } from "./AuditEntry.ts"

/** ISO 8601 in UTC. */
const Instant = Schema.String.annotate({ format: "date-time" })
  .check(
    Schema.isPattern(/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?Z$/, {
      message: "must be a time such as 2026-11-22T20:15:00Z"
    })
  )
  .pipe(Schema.decodeTo(Schema.DateTimeUtcFromString))

const canonicalIp = (text: string) => {
  const ip = parseIp(text)
  return ip === undefined ? text : formatIp(ip)
}

/** An address in the form in which kite records it. */
const Address = Schema.String.check(
  Schema.makeFilter((text) => parseIp(text) !== undefined || "must be an IPv4 or IPv6 address")
).pipe(
  Schema.decodeTo(Schema.String, SchemaTransformation.transform({ decode: canonicalIp, encode: (address) => address }))
)

/** What to look for; everything given must fit. `from` is inclusive, `to` exclusive. */
export const AuditFilter = Schema.Struct({
  action: Schema.optionalKey(AuditAction),
  actorId: Schema.optionalKey(UserId),
  subjectId: Schema.optionalKey(Schema.String.check(Schema.isUUID())),
  clientIp: Schema.optionalKey(Address),
  from: Schema.optionalKey(Instant),
  to: Schema.optionalKey(Instant)
})
export type AuditFilter = typeof AuditFilter.Type

/** Query of GET /api/admin/audit: `cursor` is the `nextCursor` of the page before. */
export const AuditQuery = Schema.Struct({
  ...AuditFilter.fields,
  limit: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: maxPageSize }))),
  cursor: Schema.optionalKey(AuditId)
})
export type AuditQuery = typeof AuditQuery.Type

/** Newest first; `nextCursor` is null on the last page. */
export const AuditPage = Schema.Struct({
  items: Schema.Array(AuditEntry),
  nextCursor: Schema.NullOr(AuditId)
}).annotate({ identifier: "AuditPage", description: "One page of entries; `nextCursor` is null on the last" })
export type AuditPage = typeof AuditPage.Type

import { Schema, SchemaTransformation } from "effect"
import { formatIp, parseIp } from "../network/Ip.ts"
import { pageOf, pageQuery } from "../Paging.ts"
import { UserId } from "../users/User.ts"
import { AuditAction, AuditEntry, AuditId } from "./AuditEntry.ts"

/** ISO 8601 in UTC. */
const Instant = Schema.String.annotate({ format: "date-time" })
  .check(
    Schema.isPattern(/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?Z$/u, {
      message: "must be a time such as 2026-11-22T20:15:00Z"
    })
  )
  .pipe(Schema.decodeTo(Schema.DateTimeUtcFromString))

const canonicalIp = (text: string) => {
  const ip = parseIp(text)
  return ip === undefined ? text : formatIp(ip)
}

/** An address, converted to the form that kite records. */
const Address = Schema.String.check(
  Schema.makeFilter((text) => parseIp(text) !== undefined || "must be an IPv4 or IPv6 address", {
    toJsonSchema: () => ({ anyOf: [{ format: "ipv4" }, { format: "ipv6" }] })
  })
).pipe(
  Schema.decodeTo(Schema.String, SchemaTransformation.transform({ decode: canonicalIp, encode: (address) => address }))
)

/** Which entries to return: those that match every field given. `from` is inclusive, `to` exclusive. */
export const AuditFilter = Schema.Struct({
  action: Schema.optionalKey(AuditAction),
  actorId: Schema.optionalKey(UserId),
  subjectId: Schema.optionalKey(Schema.String.check(Schema.isUUID())),
  clientIp: Schema.optionalKey(Address),
  from: Schema.optionalKey(Instant),
  to: Schema.optionalKey(Instant)
})
export type AuditFilter = typeof AuditFilter.Type

/** Query of GET /api/admin/audit. */
export const AuditQuery = Schema.Struct({ ...AuditFilter.fields, ...pageQuery(AuditId) })
export type AuditQuery = typeof AuditQuery.Type

/** Newest first. */
export const AuditPage = pageOf(AuditEntry, AuditId).annotate({
  identifier: "AuditPage",
  description: "One page of entries; `nextCursor` is null on the last"
})
export type AuditPage = typeof AuditPage.Type

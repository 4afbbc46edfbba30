import { AuditDetails, type AuditEntry, AuditId, AuditSubject } from "@kite/domain/audit/AuditEntry"
import { UserId } from "@kite/domain/users/User"
import { Schema } from "effect"

export const AuditRow = Schema.Struct({
  id: AuditId,
  at: Schema.DateTimeUtcFromDate,
  action: Schema.String,
  actorId: Schema.NullOr(UserId),
  subjectType: Schema.NullOr(AuditSubject.fields.type),
  subjectId: Schema.NullOr(AuditSubject.fields.id),
  clientIp: Schema.NullOr(Schema.String),
  correlationId: Schema.NullOr(Schema.String),
  details: AuditDetails
})
export type AuditRow = typeof AuditRow.Type

export const toEntry = ({ subjectType, subjectId, ...row }: AuditRow): AuditEntry => ({
  ...row,
  subject: subjectType === null || subjectId === null ? null : { type: subjectType, id: subjectId }
})

/** The 48 bits of milliseconds in a UUIDv7 (RFC 9562 section 5.7). */
const maxMillis = 2 ** 48 - 1

/** When a UUIDv7 was created, in milliseconds since the epoch. */
export const millisOf = (id: string) => Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16)

/** The smallest UUIDv7 of that time: a range of times is a range of ids, and needs no index of its own. */
export const firstIdAt = (millis: number) => {
  const hex = Math.min(Math.max(Math.ceil(millis), 0), maxMillis)
    .toString(16)
    .padStart(12, "0")
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`
}

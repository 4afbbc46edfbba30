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

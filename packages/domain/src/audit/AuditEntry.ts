import { Schema } from "effect"
import { UserId } from "../auth/User.ts"
import { Timestamp } from "../Timestamp.ts"

/** What is recorded. A name, once written, keeps its meaning. */
export const AuditAction = Schema.Literals([
  "register",
  "login",
  "login_failed",
  "logout",
  "logout_all",
  "token_reuse",
  "password_changed",
  "password_reset_requested",
  "password_reset",
  "document_uploaded",
  "document_deleted",
  "user_created",
  "user_deactivated",
  "user_reactivated",
  "role_changed",
  "quota_changed",
  "password_reset_forced",
  "audit_exported"
])
export type AuditAction = typeof AuditAction.Type

/** UUIDv7 of an entry: newer ones are greater. */
export const AuditId = Schema.String.check(Schema.isUUID()).pipe(Schema.brand("AuditId"))
export type AuditId = typeof AuditId.Type

/** What was acted on: an account or a document, which may be gone by now. */
export const AuditSubject = Schema.Struct({
  type: Schema.Literals(["user", "document"]),
  id: Schema.String.check(Schema.isUUID())
})
export type AuditSubject = typeof AuditSubject.Type

/** Facts of the action itself. Never a secret, an e-mail, a file name or anything of a document's content. */
export const AuditDetails = Schema.Record(Schema.String, Schema.Union([Schema.String, Schema.Finite, Schema.Boolean]))
export type AuditDetails = typeof AuditDetails.Type

/**
 * One line of the audit log. `action` is an AuditAction of this or of a later version. `actorId` is null where nobody was
 * authenticated: a failed login, a reset asked for, the operator's command line.
 */
export const AuditEntry = Schema.Struct({
  id: AuditId,
  at: Timestamp,
  action: Schema.String,
  actorId: Schema.NullOr(UserId),
  subject: Schema.NullOr(AuditSubject),
  clientIp: Schema.NullOr(Schema.String),
  correlationId: Schema.NullOr(Schema.String),
  details: AuditDetails
}).annotate({ identifier: "AuditEntry" })
export type AuditEntry = typeof AuditEntry.Type

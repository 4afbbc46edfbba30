import { Schema } from "effect"
import { Timestamp } from "../Timestamp.ts"
import { UserId } from "../users/User.ts"

/** The actions that are recorded. Entries may be kept for ever, so a name never changes its meaning. */
export const AuditAction = Schema.Literals([
  "register",
  "login",
  "login_failed",
  "logout",
  "logout_all",
  "token_reuse",
  "password_changed",
  "password_change_failed",
  "password_reset_requested",
  "password_reset",
  "document_uploaded",
  "document_renamed",
  "document_reprocessed",
  "document_downloaded",
  "document_text_read",
  "document_deleted",
  "user_created",
  "user_deactivated",
  "user_reactivated",
  "role_changed",
  "quota_changed",
  "password_reset_forced",
  "email_proof_requested",
  "email_proven",
  "invite_created",
  "invite_revoked",
  "invite_used",
  "keys_rotated",
  "request_refused",
  "audit_exported",
  "audit_pruned"
])
export type AuditAction = typeof AuditAction.Type

/** UUIDv7 of an entry: newer entries have greater ids. */
export const AuditId = Schema.String.check(Schema.isUUID()).pipe(Schema.brand("AuditId"))
export type AuditId = typeof AuditId.Type

/** The account, document or invite that was acted on; it may have been deleted since. */
export const AuditSubject = Schema.Struct({
  type: Schema.Literals(["user", "document", "invite"]),
  id: Schema.String.check(Schema.isUUID())
})
export type AuditSubject = typeof AuditSubject.Type

/** Details of the action. Never a secret, an e-mail address, a filename or any of a document's content. */
export const AuditDetails = Schema.Record(Schema.String, Schema.Union([Schema.String, Schema.Finite, Schema.Boolean]))
export type AuditDetails = typeof AuditDetails.Type

/**
 * One entry of the audit log. `action` is an AuditAction of this version or of a later one. `actorId` is null if nobody was
 * authenticated: a failed login, a request for a reset link, the operator's command line.
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

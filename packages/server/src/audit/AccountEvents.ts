import type { AuditAction } from "@kite/domain/audit/AuditEntry"
import type { UserId } from "@kite/domain/users/User"
import { Effect } from "effect"
import { AuditLog } from "./AuditLog.ts"

const messages = {
  register: "Account registered",
  login: "Logged in",
  login_failed: "Login failed",
  logout: "Logged out",
  logout_all: "Logged out everywhere",
  token_reuse: "Refresh token reused; the session was ended",
  password_changed: "Password changed",
  password_change_failed: "Password not changed: the current password is wrong",
  password_reset_requested: "Password reset requested",
  password_reset: "Password reset",
  email_proof_requested: "Proof of the e-mail address requested",
  email_proven: "E-mail address proven"
} satisfies Partial<Record<AuditAction, string>>

/** What can happen to an account or its sessions. */
export type AccountEvent = keyof typeof messages

const warnings: ReadonlySet<AccountEvent> = new Set(["login_failed", "password_change_failed", "token_reuse"])
/** Events that anybody can cause: the account is their subject, not their actor. */
const anonymous: ReadonlySet<AccountEvent> = new Set(["login_failed", "token_reuse", "password_reset_requested"])

/**
 * Records an event in the log and, in the surrounding transaction, in the audit log. `userId` is the account concerned;
 * undefined if the e-mail of a login is unknown. Never takes an e-mail address, a token or a password.
 */
export const makeRecordAccountEvent = Effect.map(AuditLog, (audit) =>
  Effect.fnUntraced(function* (event: AccountEvent, userId: UserId | undefined) {
    const log = warnings.has(event) ? Effect.logWarning : Effect.logInfo
    yield* log(messages[event]).pipe(Effect.annotateLogs({ event, user_id: userId }))
    yield* audit.record({
      action: event,
      actorId: anonymous.has(event) ? undefined : userId,
      subject: userId === undefined ? undefined : { type: "user", id: userId }
    })
  })
)

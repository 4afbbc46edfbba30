import type { AuditAction } from "@kite/domain/audit/AuditEntry"
import type { UserId } from "@kite/domain/users/User"
import { Effect } from "effect"
import { AuditLog } from "./AuditLog.ts"

/** What can happen to an account or its sessions. */
export type AuthEvent = Extract<
  AuditAction,
  | "register"
  | "login"
  | "login_failed"
  | "logout"
  | "logout_all"
  | "token_reuse"
  | "password_changed"
  | "password_reset_requested"
  | "password_reset"
>

const alarming: ReadonlySet<AuthEvent> = new Set(["login_failed", "token_reuse"])
/** What anybody may have done: the account is what it was done to. */
const anonymous: ReadonlySet<AuthEvent> = new Set(["login_failed", "token_reuse", "password_reset_requested"])

/**
 * Records events in the log and in the audit log, inside the transaction of what they tell where there is one. `userId` is
 * the account concerned; unknown where a login named none. Never takes an e-mail, a token or a password.
 */
export const makeRecordAuthEvent = Effect.map(AuditLog, (audit) =>
  Effect.fnUntraced(function* (event: AuthEvent, userId: UserId | undefined) {
    const log = alarming.has(event) ? Effect.logWarning : Effect.logInfo
    yield* log(`auth: ${event}`).pipe(Effect.annotateLogs({ event, user_id: userId }))
    yield* audit.record({
      action: event,
      actorId: anonymous.has(event) ? undefined : userId,
      subject: userId === undefined ? undefined : { type: "user", id: userId }
    })
  })
)

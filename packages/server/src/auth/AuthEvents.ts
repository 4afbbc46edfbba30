import type { UserId } from "@kite/domain/auth/User"
import { Effect } from "effect"

/** What can happen to an account or its sessions. */
export type AuthEvent =
  | "register"
  | "login"
  | "login_failed"
  | "logout"
  | "logout_all"
  | "token_reuse"
  | "password_changed"
  | "password_reset_requested"
  | "password_reset"

const alarming: ReadonlySet<AuthEvent> = new Set(["login_failed", "token_reuse"])

/**
 * Records the event, inside the transaction of what it tells where there is one. `userId` is the account concerned;
 * unknown where a login named none. Never takes an e-mail, a token or a password.
 */
export const recordAuthEvent = (event: AuthEvent, userId: UserId | undefined): Effect.Effect<void> => {
  const log = alarming.has(event) ? Effect.logWarning : Effect.logInfo
  return log(`auth: ${event}`).pipe(Effect.annotateLogs({ event, user_id: userId }))
}

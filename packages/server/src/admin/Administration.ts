import { MailQueue } from "@kite/adapters/mail/MailQueue"
import { orDefect } from "@kite/adapters/postgres/Rows"
import type { AdminUser, ChangedUser, UserChange, UserPage, UserQuery } from "@kite/domain/admin/AdminUser"
import type { AuditAction, AuditDetails } from "@kite/domain/audit/AuditEntry"
import { NotFound } from "@kite/domain/Problem"
import type { UserId } from "@kite/domain/users/User"
import { LastAdmin } from "@kite/domain/users/UserErrors"
import { Context, Effect, Layer, Option } from "effect"
import { SqlClient } from "effect/sql"
import { AuditLog } from "../audit/AuditLog.ts"
import { PasswordHasher } from "../auth/passwords/PasswordHasher.ts"
import { PasswordResets } from "../auth/passwords/PasswordResets.ts"
import { Sessions } from "../auth/sessions/Sessions.ts"
import { makeToken } from "../auth/tokens/OpaqueToken.ts"
import { publicUrl } from "../http/PublicUrl.ts"
import { PasswordGuesses } from "../limits/PasswordGuesses.ts"
import { forcedResetMail } from "../users/UserMails.ts"
import { Users } from "../users/Users.ts"

/** What a change did to an account: each difference becomes one entry of the audit log. */
const differences = (before: AdminUser, after: AdminUser): ReadonlyArray<readonly [AuditAction, AuditDetails]> => [
  ...(before.active === after.active ? [] : [[after.active ? "user_reactivated" : "user_deactivated", {}] as const]),
  ...(before.role === after.role ? [] : [["role_changed", { role: after.role }] as const]),
  ...(before.quota.limitBytes === after.quota.limitBytes
    ? []
    : [["quota_changed", { limitBytes: after.quota.limitBytes }] as const])
]

const isActiveAdmin = ({ active, role }: AdminUser) => active && role === "admin"

/** What admins do to accounts, their own included. */
export class Administration extends Context.Service<
  Administration,
  {
    readonly list: (query: UserQuery) => Effect.Effect<UserPage>
    /** Deactivation and the loss of the admin role end all sessions of the account, at once and on every instance. */
    readonly change: (id: UserId, change: UserChange) => Effect.Effect<ChangedUser, NotFound | LastAdmin>
    /** The password stops working and every session ends; the owner gets a link to choose a new password. */
    readonly forcePasswordReset: (id: UserId) => Effect.Effect<void, NotFound>
  }
>()("@kite/server/admin/Administration") {
  static readonly layerNoDeps = Layer.effect(
    Administration,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const users = yield* Users
      const sessions = yield* Sessions
      const resets = yield* PasswordResets
      const hasher = yield* PasswordHasher
      const audit = yield* AuditLog
      const guesses = yield* PasswordGuesses
      const mails = yield* MailQueue
      const baseUrl = yield* publicUrl

      const lock = Effect.fnUntraced(function* (id: UserId) {
        const user = yield* users.lock(id)
        return Option.isSome(user) ? user.value : yield* new NotFound({})
      })

      const apply = Effect.fnUntraced(function* (id: UserId, change: UserChange) {
        const admins = change.active === false || change.role === "user" ? yield* users.lockWithAdmins(id) : []
        const before = yield* lock(id)
        const wanted = { ...before, ...change }
        const losesAdmin = isActiveAdmin(before) && !isActiveAdmin(wanted)
        if (losesAdmin && !admins.some((other) => other !== id)) return yield* new LastAdmin({})
        const after = yield* users.update(before, change)
        for (const [action, details] of differences(before, after)) {
          yield* audit.record({ action, subject: { type: "user", id }, details })
        }
        if (losesAdmin || (before.active && !after.active)) yield* sessions.endAll(id)
        return after
      }, sql.withTransaction)

      const resetPassword = Effect.fnUntraced(function* (id: UserId, passwordHash: string) {
        const { email } = yield* lock(id)
        yield* users.setPasswordHash(id, passwordHash)
        yield* resets.removeAll(id)
        const token = yield* resets.add(id)
        yield* audit.record({ action: "password_reset_forced", subject: { type: "user", id } })
        yield* sessions.endAll(id)
        return { email, mail: Option.map(token, (secret) => forcedResetMail(email, baseUrl, secret)) }
      }, sql.withTransaction)

      return Administration.of({
        list: users.list,
        change: Effect.fn("Administration.change")(function* (id, change) {
          const after = yield* orDefect(apply(id, change))
          const isAbove = after.quota.usedBytes > after.quota.limitBytes
          return { ...after, warnings: isAbove ? ["quota-below-use"] : [] }
        }),
        forcePasswordReset: Effect.fn("Administration.forcePasswordReset")(function* (id) {
          const passwordHash = yield* hasher.hash(makeToken())
          const { email, mail } = yield* orDefect(resetPassword(id, passwordHash))
          yield* guesses.forget({ id, email })
          yield* mails.offer(Effect.succeed(mail))
        })
      })
    })
  )

  static readonly layer = Administration.layerNoDeps.pipe(
    Layer.provide([Users.layer, Sessions.layer, PasswordResets.layer]),
    Layer.provide([PasswordHasher.layer, PasswordGuesses.layer, AuditLog.layer, MailQueue.layer])
  )
}

import { MailQueue } from "@kite/adapters/mail/MailQueue"
import { orDefect } from "@kite/adapters/postgres/Rows"
import type { AuditAction, AuditDetails } from "@kite/domain/audit/AuditEntry"
import { NotFound } from "@kite/domain/Problem"
import type { AdminUser, ChangedUser, UserChange, UserPage, UserQuery } from "@kite/domain/users/AdminUser"
import type { UserId } from "@kite/domain/users/User"
import { LastAdmin } from "@kite/domain/users/UserErrors"
import { Context, Effect, Layer, Option } from "effect"
import { SqlClient } from "effect/sql"
import { forcedResetMail } from "../admin/AdminMails.ts"
import { UserDirectory } from "../admin/UserDirectory.ts"
import { AuditLog } from "../audit/AuditLog.ts"
import { PasswordHasher } from "../auth/passwords/PasswordHasher.ts"
import { PasswordResets } from "../auth/passwords/PasswordResets.ts"
import { Sessions } from "../auth/sessions/Sessions.ts"
import { makeToken } from "../auth/tokens/OpaqueToken.ts"
import { RevokedSessions } from "../auth/tokens/RevokedSessions.ts"
import { publicUrl } from "../http/PublicUrl.ts"

type Difference = readonly [AuditAction, AuditDetails]

/** What a change made of an account, one entry of the audit log each. */
const differences = (before: AdminUser, after: AdminUser): ReadonlyArray<Difference> => [
  ...(before.active === after.active ? [] : [[after.active ? "user_reactivated" : "user_deactivated", {}] as const]),
  ...(before.role === after.role ? [] : [["role_changed", { role: after.role }] as const]),
  ...(before.quota.limitBytes === after.quota.limitBytes
    ? []
    : [["quota_changed", { limitBytes: after.quota.limitBytes }] as const])
]

const isActiveAdmin = ({ active, role }: AdminUser) => active && role === "admin"

/** What admins do to the accounts of others, and to their own. */
export class Administration extends Context.Service<
  Administration,
  {
    readonly list: (query: UserQuery) => Effect.Effect<UserPage>
    /** Who is deactivated or no admin any longer is out of every session, at once and everywhere. */
    readonly change: (id: UserId, change: UserChange) => Effect.Effect<ChangedUser, NotFound | LastAdmin>
    /** The password is void and every session ends; the owner is sent a link to choose a new one. */
    readonly forcePasswordReset: (id: UserId) => Effect.Effect<void, NotFound>
  }
>()("@kite/server/admin/Administration") {
  static readonly layerNoDeps = Layer.effect(
    Administration,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const directory = yield* UserDirectory
      const sessions = yield* Sessions
      const revoked = yield* RevokedSessions
      const resets = yield* PasswordResets
      const hasher = yield* PasswordHasher
      const audit = yield* AuditLog
      const mails = yield* MailQueue
      const baseUrl = yield* publicUrl

      const lock = Effect.fnUntraced(function* (id: UserId) {
        const user = yield* directory.lock(id)
        return Option.isSome(user) ? user.value : yield* new NotFound({})
      })

      const apply = Effect.fnUntraced(function* (id: UserId, change: UserChange) {
        // Before the account itself, so that all who lock admins do it in the same order.
        const admins = change.active === false || change.role === "user" ? yield* directory.lockAdmins : []
        const before = yield* lock(id)
        const wanted = { ...before, ...change }
        const losesAdmin = isActiveAdmin(before) && !isActiveAdmin(wanted)
        if (losesAdmin && !admins.some((other) => other !== id)) return yield* new LastAdmin({})
        const after = yield* directory.update(before, change)
        for (const [action, details] of differences(before, after)) {
          yield* audit.record({ action, subject: { type: "user", id }, details })
        }
        const isOut = losesAdmin || (before.active && !after.active)
        return { after, ended: isOut ? yield* sessions.endAll(id) : [] }
      }, sql.withTransaction)

      const voidPassword = Effect.fnUntraced(function* (id: UserId, passwordHash: string) {
        const { email } = yield* lock(id)
        yield* directory.setPasswordHash(id, passwordHash)
        yield* resets.removeAll(id)
        const token = yield* resets.add(id)
        yield* audit.record({ action: "password_reset_forced", subject: { type: "user", id } })
        return { email, token, ended: yield* sessions.endAll(id) }
      }, sql.withTransaction)

      return Administration.of({
        list: directory.list,
        change: Effect.fn("Administration.change")(function* (id, change) {
          const { after, ended } = yield* orDefect(apply(id, change))
          yield* revoked.add(ended)
          const isAbove = after.quota.usedBytes > after.quota.limitBytes
          return { ...after, warnings: isAbove ? ["quota-below-use"] : [] }
        }),
        forcePasswordReset: Effect.fn("Administration.forcePasswordReset")(function* (id) {
          const passwordHash = yield* hasher.hash(makeToken())
          const { email, token, ended } = yield* orDefect(voidPassword(id, passwordHash))
          yield* revoked.add(ended)
          yield* mails.offer(Effect.succeed(Option.map(token, (secret) => forcedResetMail(email, baseUrl, secret))))
        })
      })
    })
  )

  static readonly layer = Administration.layerNoDeps.pipe(
    Layer.provide([UserDirectory.layer, Sessions.layer, RevokedSessions.layer, PasswordResets.layer]),
    Layer.provide([PasswordHasher.layer, AuditLog.layer, MailQueue.layer])
  )
}

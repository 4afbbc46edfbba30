import { MailQueue } from "@kite/adapters/mail/MailQueue"
import { ByteCountFromBigInt, decodeRow, decodeRows, orDefect } from "@kite/adapters/postgres/Rows"
import { Settings } from "@kite/adapters/settings/Settings"
import { type Invite, InviteId, type InvitePage, type InviteQuery, type NewInvite } from "@kite/domain/invites/Invite"
import { rowsToRead, takePage } from "@kite/domain/Paging"
import { NotFound } from "@kite/domain/Problem"
import { Email } from "@kite/domain/users/Email"
import type { InviteToken } from "@kite/domain/users/MailedTokens"
import { Role, UserId } from "@kite/domain/users/User"
import { EmailTaken, InvalidInvite, RegistrationClosed } from "@kite/domain/users/UserErrors"
import { Context, Effect, Layer, Option, Schema } from "effect"
import { SecureRandom } from "effect/crypto"
import { SqlClient } from "effect/sql"
import { AuditLog } from "../audit/AuditLog.ts"
import { hashOf, makeToken } from "../auth/tokens/OpaqueToken.ts"
import { publicUrl } from "../http/PublicUrl.ts"
import { inviteMail } from "../users/UserMails.ts"

const defaultPageSize = 50

/** Every column but the hash. */
const columns = "id, email, role, limit_bytes, invited_by, created_at, expires_at"

const InviteRow = Schema.Struct({
  id: InviteId,
  email: Schema.toType(Email),
  role: Role,
  limitBytes: Schema.NullOr(ByteCountFromBigInt),
  invitedBy: Schema.NullOr(UserId),
  createdAt: Schema.DateTimeUtcFromDate,
  expiresAt: Schema.DateTimeUtcFromDate
})

/** Invites in PostgreSQL. Only the SHA-256 of a token is stored, for one use within 7 days. */
export class Invites extends Context.Service<
  Invites,
  {
    /** Mails an invite; an older one to the same address no longer works. `by` names who invites, if not an admin. */
    readonly create: (
      invite: NewInvite,
      by: { readonly admin: UserId } | { readonly name: string }
    ) => Effect.Effect<Invite, EmailTaken | RegistrationClosed>
    readonly list: (query: InviteQuery) => Effect.Effect<InvitePage>
    readonly revoke: (id: InviteId) => Effect.Effect<void, NotFound>
    /** The valid invite of that token for that address. Invites of an account that is no longer an active admin are not valid. */
    readonly find: (token: InviteToken, email: Email) => Effect.Effect<Invite, InvalidInvite>
    /** Uses the invite up for this new account, in the surrounding transaction. */
    readonly use: (token: InviteToken, email: Email, account: UserId) => Effect.Effect<void, InvalidInvite>
  }
>()("@kite/server/invites/Invites") {
  static readonly layerNoDeps = Layer.effect(
    Invites,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const audit = yield* AuditLog
      const mails = yield* MailQueue
      const baseUrl = yield* publicUrl
      const { REGISTRATION } = yield* Settings
      const select = sql.literal(columns)
      const one = decodeRow(InviteRow)
      const many = decodeRows(InviteRow)

      const valid = (token: InviteToken, email: Email) => sql`
        hash = ${hashOf(token)} AND email = ${email} AND expires_at > now() AND (invited_by IS NULL
          OR EXISTS (SELECT 1 FROM users WHERE users.id = invited_by AND active AND users.role = 'admin'))`

      const add = Effect.fnUntraced(function* (
        { email, role = "user", limitBytes }: NewInvite,
        by: { readonly admin: UserId } | { readonly name: string },
        token: InviteToken
      ) {
        const taken = yield* sql`SELECT 1 FROM users WHERE email = ${email}`
        if (taken.length > 0) return yield* new EmailTaken({})
        const [id, invitedBy] = [SecureRandom.uuidV7Unsafe(), "admin" in by ? by.admin : null]
        const row = yield* one(sql`
          INSERT INTO invites (id, hash, email, role, limit_bytes, invited_by, expires_at)
          VALUES (${id}, ${hashOf(token)}, ${email}, ${role}, ${limitBytes ?? null}, ${invitedBy}, now() + interval '7 days')
          ON CONFLICT (email) DO UPDATE SET (id, hash, role, limit_bytes, invited_by, created_at, expires_at) = (excluded.id,
            excluded.hash, excluded.role, excluded.limit_bytes, excluded.invited_by, excluded.created_at, excluded.expires_at)
          RETURNING ${select}`)
        const details = {
          role,
          ...(limitBytes !== undefined && { limitBytes }),
          ...("name" in by && { by: by.name })
        }
        yield* audit.record({ action: "invite_created", subject: { type: "invite", id }, details })
        return Option.getOrThrow(row)
      }, sql.withTransaction)

      const remove = Effect.fnUntraced(function* (id: InviteId) {
        const removed = yield* one(sql`DELETE FROM invites WHERE id = ${id} RETURNING ${select}`)
        if (Option.isNone(removed)) return yield* new NotFound({})
        yield* audit.record({ action: "invite_revoked", subject: { type: "invite", id } })
      }, sql.withTransaction)

      return Invites.of({
        create: Effect.fn("Invites.create")(function* (invite, by) {
          if (REGISTRATION === "closed") return yield* new RegistrationClosed({ detail: "An invite would not work" })
          const token = makeToken()
          const added = yield* orDefect(add(invite, by, token))
          yield* mails.offer(Effect.succeedSome(inviteMail(added.email, baseUrl, token)))
          return added
        }),
        list: Effect.fn("Invites.list")(function* ({ limit = defaultPageSize, cursor }) {
          const before = cursor === undefined ? sql`true` : sql`id < ${cursor}`
          const rows = yield* many(
            sql`SELECT ${select} FROM invites WHERE ${before} ORDER BY id DESC LIMIT ${rowsToRead(limit)}`
          )
          return takePage(rows, limit, ({ id }) => id)
        }),
        revoke: Effect.fn("Invites.revoke")(function* (id) {
          yield* orDefect(remove(id))
        }),
        find: Effect.fn("Invites.find")(function* (token, email) {
          const found = yield* one(sql`SELECT ${select} FROM invites WHERE ${valid(token, email)}`)
          return Option.isSome(found) ? found.value : yield* new InvalidInvite({})
        }),
        use: Effect.fn("Invites.use")(function* (token, email, account) {
          const used = yield* one(sql`DELETE FROM invites WHERE ${valid(token, email)} RETURNING ${select}`)
          if (Option.isNone(used)) return yield* new InvalidInvite({})
          yield* audit.record({
            action: "invite_used",
            actorId: account,
            subject: { type: "invite", id: used.value.id }
          })
        })
      })
    })
  )

  static readonly layer = Invites.layerNoDeps.pipe(Layer.provide([MailQueue.layer, AuditLog.layer]))
}

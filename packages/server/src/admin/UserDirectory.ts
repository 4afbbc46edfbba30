import { ByteCountFromBigInt, decodeRow, decodeRows, orDefect } from "@kite/adapters/postgres/Rows"
import type { AdminUser, UserChange, UserPage, UserQuery } from "@kite/domain/users/AdminUser"
import { Email } from "@kite/domain/users/Email"
import { Role, UserId } from "@kite/domain/users/User"
import { Context, Effect, Layer, Option, Schema } from "effect"
import { SqlClient } from "effect/sql"

const defaultPageSize = 50

/** Names every column, so that a credential added to the table is not read here. */
const columns = "id, email, role, active, used_bytes, limit_bytes, created_at"

const DirectoryRow = Schema.Struct({
  id: UserId,
  email: Schema.toType(Email),
  role: Role,
  active: Schema.Boolean,
  usedBytes: ByteCountFromBigInt,
  limitBytes: ByteCountFromBigInt,
  createdAt: Schema.DateTimeUtcFromDate
})

const toAdminUser = ({ usedBytes, limitBytes, ...row }: typeof DirectoryRow.Type): AdminUser => ({
  ...row,
  quota: { usedBytes, limitBytes }
})

/** All accounts, as far as admins may know them. */
export class UserDirectory extends Context.Service<
  UserDirectory,
  {
    readonly list: (query: UserQuery) => Effect.Effect<UserPage>
    /** Locks the account until the surrounding transaction ends. */
    readonly lock: (id: UserId) => Effect.Effect<Option.Option<AdminUser>>
    /** The active admins, locked: whoever wants to make them fewer waits for whoever is at it. */
    readonly lockAdmins: Effect.Effect<ReadonlyArray<UserId>>
    readonly update: (user: AdminUser, change: UserChange) => Effect.Effect<AdminUser>
    readonly setPasswordHash: (id: UserId, passwordHash: string) => Effect.Effect<void>
  }
>()("@kite/server/admin/UserDirectory") {
  static readonly layer = Layer.effect(
    UserDirectory,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const select = sql.literal(columns)
      const one = decodeRow(DirectoryRow)
      const many = decodeRows(DirectoryRow)
      const ids = decodeRows(Schema.Struct({ id: UserId }))

      return UserDirectory.of({
        list: Effect.fn("UserDirectory.list")(function* ({ limit = defaultPageSize, cursor, email }) {
          const before = cursor === undefined ? sql`true` : sql`id < ${cursor}`
          const named = email === undefined ? sql`true` : sql`email = ${email}`
          const rows = yield* many(
            sql`SELECT ${select} FROM users WHERE ${before} AND ${named} ORDER BY id DESC LIMIT ${limit + 1}`
          )
          const items = rows.slice(0, limit).map(toAdminUser)
          return { items, nextCursor: rows.length > limit ? (items.at(-1)?.id ?? null) : null }
        }),
        lock: (id) =>
          Effect.map(one(sql`SELECT ${select} FROM users WHERE id = ${id} FOR NO KEY UPDATE`), Option.map(toAdminUser)),
        // In the order of their ids, so that two who lock never wait for one another.
        lockAdmins: ids(sql`
          SELECT id FROM users WHERE role = 'admin' AND active ORDER BY id FOR NO KEY UPDATE`).pipe(
          Effect.map((rows) => rows.map(({ id }) => id))
        ),
        update: Effect.fn("UserDirectory.update")(function* ({ id, active, role, quota }, change) {
          const next = { active, role, limitBytes: quota.limitBytes, ...change }
          const row = yield* one(sql`
            UPDATE users SET active = ${next.active}, role = ${next.role}, limit_bytes = ${next.limitBytes}
            WHERE id = ${id} RETURNING ${select}`)
          return toAdminUser(Option.getOrThrow(row))
        }),
        setPasswordHash: Effect.fn("UserDirectory.setPasswordHash")(function* (id, passwordHash) {
          yield* orDefect(sql`UPDATE users SET password_hash = ${passwordHash} WHERE id = ${id}`)
        })
      })
    })
  )
}

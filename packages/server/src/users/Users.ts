import { ByteCountFromBigInt, decodeRow, decodeRows, orDefect } from "@kite/adapters/postgres/Rows"
import { Settings } from "@kite/adapters/settings/Settings"
import type { AdminUser, UserChange, UserPage, UserQuery } from "@kite/domain/admin/AdminUser"
import { rowsToRead, takePage } from "@kite/domain/Paging"
import { Email } from "@kite/domain/users/Email"
import type { ByteCount } from "@kite/domain/users/Quota"
import { Role, type User, UserId } from "@kite/domain/users/User"
import { EmailTaken } from "@kite/domain/users/UserErrors"
import { Context, DateTime, Effect, Layer, Option, Schema } from "effect"
import { SecureRandom } from "effect/crypto"
import { SqlClient } from "effect/sql"

const defaultPageSize = 50

/** Every column that admins may see, by name: a credential added to the table later is not among them. */
const columns = "id, email, role, active, used_bytes, limit_bytes, created_at"

const UserRow = Schema.Struct({
  id: UserId,
  email: Schema.toType(Email),
  role: Role,
  active: Schema.Boolean,
  usedBytes: ByteCountFromBigInt,
  limitBytes: ByteCountFromBigInt,
  createdAt: Schema.DateTimeUtcFromDate
})
const AccountRow = Schema.Struct({ ...UserRow.fields, passwordHash: Schema.String })

/** An account with its credential: for login and password changes only. */
export interface Account {
  readonly user: User
  readonly active: boolean
  readonly passwordHash: string
}

const toAdminUser = ({ usedBytes, limitBytes, ...row }: typeof UserRow.Type): AdminUser => ({
  ...row,
  quota: { usedBytes, limitBytes }
})

const toAccount = ({ passwordHash, active, usedBytes, limitBytes, ...row }: typeof AccountRow.Type): Account => ({
  user: { ...row, quota: { usedBytes, limitBytes } },
  active,
  passwordHash
})

/** Accounts in PostgreSQL. Only the two `findAccount` methods read credentials. */
export class Users extends Context.Service<
  Users,
  {
    readonly create: (account: {
      readonly email: Email
      readonly passwordHash: string
      readonly role: Role
      /** QUOTA_BYTES by default. */
      readonly limitBytes?: ByteCount | undefined
      /** Whether somebody vouches for the address: an admin, or a token that was mailed to it. */
      readonly emailProven: boolean
    }) => Effect.Effect<AdminUser, EmailTaken>
    readonly findAccountByEmail: (email: Email) => Effect.Effect<Option.Option<Account>>
    readonly findAccountById: (id: UserId) => Effect.Effect<Option.Option<Account>>
    readonly list: (query: UserQuery) => Effect.Effect<UserPage>
    /** Locks the account until the surrounding transaction ends. */
    readonly lock: (id: UserId) => Effect.Effect<Option.Option<AdminUser>>
    /**
     * Locks the account and all active admins, so that two requests cannot each remove what the other takes for the last one.
     * Returns the active admins.
     */
    readonly lockWithAdmins: (id: UserId) => Effect.Effect<ReadonlyArray<UserId>>
    readonly update: (user: AdminUser, change: UserChange) => Effect.Effect<AdminUser>
    readonly setPasswordHash: (id: UserId, passwordHash: string) => Effect.Effect<void>
    /** False if the account was deactivated, or its password changed, since it was read. */
    readonly replacePasswordHash: (account: Account, passwordHash: string) => Effect.Effect<boolean>
  }
>()("@kite/server/users/Users") {
  static readonly layer = Layer.effect(
    Users,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const { QUOTA_BYTES } = yield* Settings
      const select = sql.literal(columns)
      const one = decodeRow(UserRow)
      const many = decodeRows(UserRow)
      const lockedRows = decodeRows(Schema.Struct({ id: UserId, isActiveAdmin: Schema.Boolean }))
      const account = decodeRow(AccountRow)

      return Users.of({
        create: Effect.fn("Users.create")(function* ({ limitBytes = QUOTA_BYTES, ...account }) {
          const createdAt = DateTime.toDateUtc(yield* DateTime.now)
          const row = { id: SecureRandom.uuidV7Unsafe(), ...account, limitBytes, createdAt }
          const inserted = yield* sql`INSERT INTO users ${sql.insert(row).returning(select)}`.pipe(
            Effect.catchReason("SqlError", "UniqueViolation", () => new EmailTaken({})),
            orDefect
          )
          return toAdminUser(Option.getOrThrow(yield* one(Effect.succeed(inserted))))
        }),
        findAccountByEmail: (email) =>
          Effect.map(
            account(sql`SELECT ${select}, password_hash FROM users WHERE email = ${email}`),
            Option.map(toAccount)
          ),
        findAccountById: (id) =>
          Effect.map(account(sql`SELECT ${select}, password_hash FROM users WHERE id = ${id}`), Option.map(toAccount)),
        list: Effect.fn("Users.list")(function* ({ limit = defaultPageSize, cursor, email }) {
          const before = cursor === undefined ? sql`true` : sql`id < ${cursor}`
          const named = email === undefined ? sql`true` : sql`email = ${email}`
          const rows = yield* many(sql`
            SELECT ${select} FROM users WHERE ${before} AND ${named} ORDER BY id DESC LIMIT ${rowsToRead(limit)}`)
          return takePage(rows.map(toAdminUser), limit, ({ id }) => id)
        }),
        lock: (id) =>
          Effect.map(one(sql`SELECT ${select} FROM users WHERE id = ${id} FOR NO KEY UPDATE`), Option.map(toAdminUser)),
        // One statement in the order of ids: PostgreSQL keeps the lock of an admin who was deactivated while it waited, so a
        // transaction that locked the admins first and the account later could deadlock with it.
        lockWithAdmins: (id) =>
          lockedRows(sql`
            SELECT id, role = 'admin' AND active AS is_active_admin FROM users
            WHERE (role = 'admin' AND active) OR id = ${id} ORDER BY id FOR NO KEY UPDATE`).pipe(
            Effect.map((rows) => rows.flatMap(({ id, isActiveAdmin }) => (isActiveAdmin ? [id] : [])))
          ),
        update: Effect.fn("Users.update")(function* ({ id, active, role, quota }, change) {
          const next = { active, role, limitBytes: quota.limitBytes, ...change }
          const row = yield* one(sql`
            UPDATE users SET active = ${next.active}, role = ${next.role}, limit_bytes = ${next.limitBytes}
            WHERE id = ${id} RETURNING ${select}`)
          return toAdminUser(Option.getOrThrow(row))
        }),
        setPasswordHash: Effect.fn("Users.setPasswordHash")(function* (id, passwordHash) {
          yield* orDefect(sql`UPDATE users SET password_hash = ${passwordHash} WHERE id = ${id}`)
        }),
        replacePasswordHash: Effect.fn("Users.replacePasswordHash")(function* ({ user, passwordHash }, next) {
          const replaced = yield* orDefect(sql`
            UPDATE users SET password_hash = ${next}
            WHERE id = ${user.id} AND active AND password_hash = ${passwordHash} RETURNING id`)
          return replaced.length > 0
        })
      })
    })
  )
}

import { ByteCountFromBigInt, decodeRow, orDefect } from "@kite/adapters/postgres/Rows"
import { Settings } from "@kite/adapters/settings/Settings"
import { EmailTaken } from "@kite/domain/auth/AuthErrors"
import { Email } from "@kite/domain/users/Email"
import type { ByteCount } from "@kite/domain/users/Quota"
import { Role, type User, UserId } from "@kite/domain/users/User"
import { Context, DateTime, Effect, Layer, Option, Schema } from "effect"
import { SecureRandom } from "effect/crypto"
import { SqlClient } from "effect/sql"

const UserRow = Schema.Struct({
  id: UserId,
  email: Schema.toType(Email),
  passwordHash: Schema.String,
  role: Role,
  active: Schema.Boolean,
  usedBytes: ByteCountFromBigInt,
  limitBytes: ByteCountFromBigInt,
  createdAt: Schema.DateTimeUtcFromDate
})

/** An account with what only the server may see of it. */
export interface Account {
  readonly user: User
  readonly passwordHash: string
  readonly active: boolean
}

const toAccount = ({ passwordHash, active, usedBytes, limitBytes, ...row }: typeof UserRow.Type): Account => ({
  user: { ...row, quota: { usedBytes, limitBytes } },
  passwordHash,
  active
})

/** Accounts in Postgres. */
export class Users extends Context.Service<
  Users,
  {
    readonly create: (account: {
      readonly email: Email
      readonly passwordHash: string
      readonly role: Role
      /** QUOTA_BYTES where it is not given. */
      readonly limitBytes?: ByteCount | undefined
    }) => Effect.Effect<User, EmailTaken>
    /** False where the account was deactivated or its password replaced since it was read. */
    readonly replacePassword: (account: Account, passwordHash: string) => Effect.Effect<boolean>
    readonly findByEmail: (email: Email) => Effect.Effect<Option.Option<Account>>
    readonly findById: (id: UserId) => Effect.Effect<Option.Option<Account>>
  }
>()("@kite/server/auth/Users") {
  static readonly layer = Layer.effect(
    Users,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const { QUOTA_BYTES } = yield* Settings
      const decode = decodeRow(UserRow)
      return Users.of({
        create: Effect.fn("Users.create")(function* ({ email, passwordHash, role, limitBytes = QUOTA_BYTES }) {
          const createdAt = DateTime.toDateUtc(yield* DateTime.now)
          const row = { id: SecureRandom.uuidV7Unsafe(), email, passwordHash, role, limitBytes, createdAt }
          const inserted = yield* sql`INSERT INTO users ${sql.insert(row).returning("*")}`.pipe(
            Effect.catchReason("SqlError", "UniqueViolation", () => new EmailTaken({})),
            orDefect
          )
          const account = yield* decode(Effect.succeed(inserted))
          return toAccount(Option.getOrThrow(account)).user
        }),
        replacePassword: Effect.fn("Users.replacePassword")(function* ({ user, passwordHash }, next) {
          const replaced = yield* orDefect(sql`
            UPDATE users SET password_hash = ${next}
            WHERE id = ${user.id} AND active AND password_hash = ${passwordHash} RETURNING id`)
          return replaced.length > 0
        }),
        findByEmail: (email) =>
          Effect.map(decode(sql`SELECT * FROM users WHERE email = ${email}`), Option.map(toAccount)),
        findById: (id) => Effect.map(decode(sql`SELECT * FROM users WHERE id = ${id}`), Option.map(toAccount))
      })
    })
  )
}

import { decodeRow, orDefect } from "@kite/adapters/postgres/Rows"
import { UserId } from "@kite/domain/users/User"
import { Context, Effect, Layer, Option, type Redacted, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { hashOf, makeToken } from "../tokens/OpaqueToken.ts"

/** Tokens an account may be sent within an hour, so that nobody's mailbox is flooded. */
const maxPerHour = 3

const OwnerRow = Schema.Struct({ userId: UserId })

/** Reset tokens in Postgres: only their SHA-256, for one hour and one use. */
export class PasswordResets extends Context.Service<
  PasswordResets,
  {
    /** None where the account was sent its share. */
    readonly add: (userId: UserId) => Effect.Effect<Option.Option<Redacted.Redacted>>
    /** Whose token it is, while it is valid. */
    readonly find: (token: Redacted.Redacted) => Effect.Effect<Option.Option<UserId>>
    /** Uses the token up, in the surrounding transaction; every other token of the account goes with it. None where it is not valid. */
    readonly use: (token: Redacted.Redacted) => Effect.Effect<Option.Option<UserId>>
    readonly removeAll: (userId: UserId) => Effect.Effect<void>
  }
>()("@kite/server/auth/PasswordResets") {
  static readonly layer = Layer.effect(
    PasswordResets,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const decode = decodeRow(OwnerRow)
      const removeAll = (userId: UserId) =>
        Effect.asVoid(orDefect(sql`DELETE FROM password_resets WHERE user_id = ${userId}`))
      return PasswordResets.of({
        removeAll,
        add: Effect.fn("PasswordResets.add")(function* (userId) {
          const token = makeToken()
          const row = yield* decode(sql`
            INSERT INTO password_resets (hash, user_id, expires_at)
            SELECT ${hashOf(token)}, ${userId}, now() + interval '1 hour'
            WHERE ${maxPerHour} > (SELECT count(*) FROM password_resets
              WHERE user_id = ${userId} AND created_at > now() - interval '1 hour')
            RETURNING user_id`)
          return Option.as(row, token)
        }),
        find: Effect.fn("PasswordResets.find")(function* (token) {
          const row = yield* decode(sql`
            SELECT user_id FROM password_resets WHERE hash = ${hashOf(token)} AND expires_at > now()`)
          return Option.map(row, ({ userId }) => userId)
        }),
        use: Effect.fn("PasswordResets.use")(function* (token) {
          const row = yield* decode(sql`
            DELETE FROM password_resets WHERE hash = ${hashOf(token)} AND expires_at > now() RETURNING user_id`)
          if (Option.isSome(row)) yield* removeAll(row.value.userId)
          return Option.map(row, ({ userId }) => userId)
        })
      })
    })
  )
}

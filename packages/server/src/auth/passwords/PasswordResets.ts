import { decodeRow, orDefect } from "@kite/adapters/postgres/Rows"
import { UserId } from "@kite/domain/users/User"
import { Context, Effect, Layer, Option, type Redacted, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { hashOf, makeToken } from "../tokens/OpaqueToken.ts"

/** How many tokens are mailed to an account per hour, so that nobody can flood its mailbox. */
const maxPerHour = 3

const OwnerRow = Schema.Struct({ userId: UserId })

/** Reset tokens in PostgreSQL: only their SHA-256 is stored, for one hour and one use. */
export class PasswordResets extends Context.Service<
  PasswordResets,
  {
    /** None if the account has reached its limit per hour. */
    readonly add: (userId: UserId) => Effect.Effect<Option.Option<Redacted.Redacted>>
    /** The owner of a valid token. */
    readonly find: (token: Redacted.Redacted) => Effect.Effect<Option.Option<UserId>>
    /** Uses the token up and removes every other token of the account, in the surrounding transaction. None if it is not valid. */
    readonly use: (token: Redacted.Redacted) => Effect.Effect<Option.Option<UserId>>
    readonly removeAll: (userId: UserId) => Effect.Effect<void>
  }
>()("@kite/server/auth/passwords/PasswordResets") {
  static readonly layer = Layer.effect(
    PasswordResets,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const decode = decodeRow(OwnerRow)
      const removeAll = (userId: UserId) =>
        Effect.asVoid(orDefect(sql`DELETE FROM password_resets WHERE user_id = ${userId}`))
      return PasswordResets.of({
        removeAll,
        // The account is locked first: two requests at once would each not see the token of the other.
        add: Effect.fn("PasswordResets.add")(function* (userId) {
          const token = makeToken()
          const row = yield* orDefect(sql`SELECT 1 FROM users WHERE id = ${userId} FOR NO KEY UPDATE`).pipe(
            Effect.andThen(
              decode(sql`
                INSERT INTO password_resets (hash, user_id, expires_at)
                SELECT ${hashOf(token)}, ${userId}, now() + interval '1 hour'
                WHERE ${maxPerHour} > (SELECT count(*) FROM password_resets
                  WHERE user_id = ${userId} AND created_at > now() - interval '1 hour')
                RETURNING user_id`)
            ),
            sql.withTransaction,
            orDefect
          )
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

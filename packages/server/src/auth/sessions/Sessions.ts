import { decodeRow, decodeRows, orDefect } from "@kite/adapters/postgres/Rows"
import { Settings } from "@kite/adapters/settings/Settings"
import { InvalidCredentials, InvalidSession } from "@kite/domain/auth/AuthErrors"
import { UserId } from "@kite/domain/users/User"
import { Context, Data, type DateTime, Effect, Layer, Option, type Redacted, Schema } from "effect"
import { SecureRandom } from "effect/crypto"
import { SqlClient } from "effect/sql"
import type { Fragment } from "effect/sql/Statement"
import { makeRecordAuthEvent } from "../../audit/AccountEvents.ts"
import { AuditLog } from "../../audit/AuditLog.ts"
import type { Account } from "../../users/Users.ts"
import { hashOf } from "../tokens/OpaqueToken.ts"
import { RevokedSessions } from "../tokens/RevokedSessions.ts"
import * as ExpiredSessions from "./ExpiredSessions.ts"
import { makeAddToken, makeRotate } from "./RefreshRotation.ts"

/** A login; it ends with `expiresAt`, whatever happens in between. Only the SHA-256 of its token is stored. */
export interface RefreshableSession {
  readonly id: string
  readonly userId: UserId
  readonly refreshToken: Redacted.Redacted
  readonly expiresAt: DateTime.Utc
}

/** A used refresh token came back after the grace; its session has ended. */
export class TokenReused extends Data.TaggedError("TokenReused")<{ readonly userId: UserId }> {}

const EndedRow = Schema.Struct({ id: Schema.String, userId: UserId })

/** Sessions and their rotating refresh tokens (RFC 9700 section 4.14.2: a token that is used twice ends its family). */
export class Sessions extends Context.Service<
  Sessions,
  {
    /** Refused where the account was deactivated or its password or role changed since it was read. */
    readonly start: (account: Account) => Effect.Effect<RefreshableSession, InvalidCredentials>
    /** Uses up the token and hands back its successor. */
    readonly rotate: (token: Redacted.Redacted) => Effect.Effect<RefreshableSession, InvalidSession | TokenReused>
    /** Idempotent; an unknown token is no session to end. */
    readonly end: (token: Redacted.Redacted) => Effect.Effect<void>
    /**
     * Ends the account's sessions, but for `except`, in the surrounding transaction; every instance refuses their access
     * tokens as soon as that commits. Answers the ids, which `RevokedSessions.add` may take for this instance.
     */
    readonly endAll: (userId: UserId, except?: string) => Effect.Effect<ReadonlyArray<string>>
  }
>()("@kite/server/auth/Sessions") {
  static readonly layerNoDeps = Layer.effect(
    Sessions,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const recordAuthEvent = yield* makeRecordAuthEvent
      const revoked = yield* RevokedSessions
      const { REFRESH_TOKEN_LIFETIME } = yield* Settings
      const addToken = makeAddToken(sql)
      const rotate = makeRotate(sql)
      const decodeStart = decodeRow(Schema.Struct({ expiresAt: Schema.DateTimeUtcFromDate }))
      const decodeEnded = decodeRows(EndedRow)

      const insert = Effect.fnUntraced(function* ({ user, passwordHash }: Account) {
        const id = SecureRandom.uuidV7Unsafe()
        const lifetime = sql`make_interval(secs => ${REFRESH_TOKEN_LIFETIME / 1000})`
        const row = yield* decodeStart(sql`
          INSERT INTO sessions (id, user_id, created_at, expires_at)
          SELECT ${id}, u.id, now(), now() + ${lifetime} FROM users u
          WHERE u.id = ${user.id} AND u.active AND u.role = ${user.role}
            AND u.password_hash = ${passwordHash} FOR SHARE
          RETURNING expires_at`)
        if (Option.isNone(row)) return yield* new InvalidCredentials({})
        yield* recordAuthEvent("login", user.id)
        return { id, userId: user.id, refreshToken: yield* addToken(id), expiresAt: row.value.expiresAt }
      })

      const markEnded = (which: Fragment) =>
        Effect.tap(
          decodeEnded(
            sql`UPDATE sessions SET revoked_at = now() WHERE revoked_at IS NULL AND ${which} RETURNING id, user_id`
          ),
          (rows) => revoked.announce(rows.map(({ id }) => id))
        )

      return Sessions.of({
        start: Effect.fn("Sessions.start")(function* (account) {
          return yield* orDefect(sql.withTransaction(insert(account)))
        }),
        rotate: Effect.fn("Sessions.rotate")(function* (token) {
          const use = Effect.tap(rotate(token), (rotation) =>
            rotation._tag === "Reused"
              ? Effect.andThen(markEnded(sql`id = ${rotation.id}`), recordAuthEvent("token_reuse", rotation.userId))
              : Effect.void
          )
          const rotation = yield* orDefect(sql.withTransaction(use))
          if (rotation._tag === "Rotated") return rotation
          if (rotation._tag === "Refused") return yield* new InvalidSession({})
          yield* revoked.add([rotation.id])
          return yield* new TokenReused({ userId: rotation.userId })
        }),
        end: Effect.fn("Sessions.end")(function* (token) {
          const mark = Effect.tap(
            markEnded(sql`id = (SELECT session_id FROM refresh_tokens WHERE hash = ${hashOf(token)})`),
            (rows) => Effect.forEach(rows, ({ userId }) => recordAuthEvent("logout", userId))
          )
          const rows = yield* orDefect(sql.withTransaction(mark))
          yield* revoked.add(rows.map(({ id }) => id))
        }),
        endAll: Effect.fn("Sessions.endAll")(function* (userId, except) {
          const others = except === undefined ? sql`user_id = ${userId}` : sql`user_id = ${userId} AND id <> ${except}`
          return (yield* markEnded(others)).map(({ id }) => id)
        })
      })
    })
  )

  static readonly layer = Sessions.layerNoDeps.pipe(
    Layer.provide([RevokedSessions.layer, AuditLog.layer]),
    Layer.merge(ExpiredSessions.hourly)
  )
}

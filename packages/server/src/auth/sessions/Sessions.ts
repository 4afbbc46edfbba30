import { decodeRow, decodeRows, orDefect } from "@kite/adapters/postgres/Rows"
import { Settings } from "@kite/adapters/settings/Settings"
import { InvalidCredentials } from "@kite/domain/auth/AuthErrors"
import { type User, UserId } from "@kite/domain/users/User"
import { Context, Effect, Layer, Option, type Redacted, Schema } from "effect"
import { SecureRandom } from "effect/crypto"
import { SqlClient } from "effect/sql"
import type { Fragment } from "effect/sql/Statement"
import { makeRecordAccountEvent } from "../../audit/AccountEvents.ts"
import { AuditLog } from "../../audit/AuditLog.ts"
import { hashOf } from "../tokens/OpaqueToken.ts"
import { RevokedSessions } from "../tokens/RevokedSessions.ts"
import * as ExpiredSessions from "./ExpiredSessions.ts"
import { makeAddToken, makeRotate, type RefreshableSession, type Rotation } from "./RefreshRotation.ts"

/** The account as it was when the login was checked. */
interface CheckedAccount {
  readonly user: Pick<User, "id" | "role">
  readonly passwordHash: string
}

const EndedRow = Schema.Struct({ id: Schema.String, userId: UserId })

/** Sessions and their rotating refresh tokens (RFC 9700 section 4.14.2: reuse of a token ends its session). */
export class Sessions extends Context.Service<
  Sessions,
  {
    /** Fails if the account was deactivated, or its password or role changed, since the login was checked. */
    readonly start: (account: CheckedAccount) => Effect.Effect<RefreshableSession, InvalidCredentials>
    /** Uses up the token. `TokenReused` has ended the session. */
    readonly rotate: (token: Redacted.Redacted) => Effect.Effect<Rotation>
    /** Ends the session of this token, if there is one. */
    readonly end: (token: Redacted.Redacted) => Effect.Effect<void>
    /**
     * Ends all sessions of the account, except `except`, when the surrounding transaction commits. Their access tokens are
     * refused from then on: on this instance at once, on the others within milliseconds. A rollback ends nothing.
     */
    readonly endAll: (userId: UserId, except?: string) => Effect.Effect<void>
  }
>()("@kite/server/auth/sessions/Sessions") {
  static readonly layerNoDeps = Layer.effect(
    Sessions,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const recordAccountEvent = yield* makeRecordAccountEvent
      const revoked = yield* RevokedSessions
      const { REFRESH_TOKEN_LIFETIME } = yield* Settings
      const addToken = makeAddToken(sql)
      const rotate = makeRotate(sql)
      const decodeStart = decodeRow(Schema.Struct({ expiresAt: Schema.DateTimeUtcFromDate }))
      const decodeEnded = decodeRows(EndedRow)

      const insert = Effect.fnUntraced(function* ({ user, passwordHash }: CheckedAccount) {
        const id = SecureRandom.uuidV7Unsafe()
        const lifetime = sql`make_interval(secs => ${REFRESH_TOKEN_LIFETIME / 1000})`
        const row = yield* decodeStart(sql`
          INSERT INTO sessions (id, user_id, created_at, expires_at)
          SELECT ${id}, u.id, now(), now() + ${lifetime} FROM users u
          WHERE u.id = ${user.id} AND u.active AND u.role = ${user.role}
            AND u.password_hash = ${passwordHash} FOR SHARE
          RETURNING expires_at`)
        if (Option.isNone(row)) return yield* new InvalidCredentials({})
        yield* recordAccountEvent("login", user.id)
        return { id, userId: user.id, refreshToken: yield* addToken(id), expiresAt: row.value.expiresAt }
      })

      /** The only way to end sessions: their rows and the revocation of their access tokens, in one transaction. */
      const endWhere = (which: Fragment) =>
        Effect.tap(
          decodeEnded(
            sql`UPDATE sessions SET revoked_at = now() WHERE revoked_at IS NULL AND ${which} RETURNING id, user_id`
          ),
          (rows) => revoked.revoke(rows.map(({ id }) => id))
        )

      return Sessions.of({
        start: Effect.fn("Sessions.start")(function* (account) {
          return yield* orDefect(sql.withTransaction(insert(account)))
        }),
        rotate: Effect.fn("Sessions.rotate")(function* (token) {
          const use = Effect.tap(rotate(token), (rotation) =>
            rotation._tag === "TokenReused"
              ? Effect.andThen(endWhere(sql`id = ${rotation.id}`), recordAccountEvent("token_reuse", rotation.userId))
              : Effect.void
          )
          return yield* orDefect(sql.withTransaction(use))
        }),
        end: Effect.fn("Sessions.end")(function* (token) {
          const end = Effect.tap(
            endWhere(sql`id = (SELECT session_id FROM refresh_tokens WHERE hash = ${hashOf(token)})`),
            (rows) => Effect.forEach(rows, ({ userId }) => recordAccountEvent("logout", userId))
          )
          yield* orDefect(sql.withTransaction(end))
        }),
        endAll: Effect.fn("Sessions.endAll")(function* (userId, except) {
          const others = except === undefined ? sql`user_id = ${userId}` : sql`user_id = ${userId} AND id <> ${except}`
          yield* orDefect(sql.withTransaction(endWhere(others)))
        })
      })
    })
  )

  static readonly layer = Sessions.layerNoDeps.pipe(
    Layer.provide([RevokedSessions.layer, AuditLog.layer]),
    Layer.merge(ExpiredSessions.layer)
  )
}

import { decodeRow, orDefect } from "@kite/adapters/postgres/Rows"
import { UserId } from "@kite/domain/users/User"
import { Data, type DateTime, Effect, Option, type Redacted, Schema } from "effect"
import type { SqlClient } from "effect/sql"
import { hashOf, makeToken } from "../tokens/OpaqueToken.ts"
import { open, seal } from "../tokens/Seal.ts"

/** For how long after its first use a refresh token still yields its successor, in seconds. */
export const graceSeconds = 10
/** Of used tokens in a row, each within its grace: more refreshes than tabs make in that time. */
const maxSteps = 16
const purpose = "refresh token successor"

const SessionRow = Schema.Struct({
  id: Schema.String,
  userId: UserId,
  expiresAt: Schema.DateTimeUtcFromDate,
  isLive: Schema.Boolean
})
const TokenRow = Schema.Struct({
  isUsed: Schema.Boolean,
  inGrace: Schema.NullOr(Schema.Boolean),
  successor: Schema.NullOr(Schema.Uint8Array)
})

/** What became of a refresh token that was presented. */
export type Rotation = Data.TaggedEnum<{
  Rotated: {
    readonly id: string
    readonly userId: UserId
    readonly refreshToken: Redacted.Redacted
    readonly expiresAt: DateTime.Utc
  }
  Refused: object
  /** Used up longer ago than the grace: somebody holds a copy. */
  Reused: { readonly id: string; readonly userId: UserId }
}>
const { Rotated, Refused, Reused } = Data.taggedEnum<Rotation>()

/** Adds a token to the session and answers it; its hash is all that is kept. */
export const makeAddToken = (sql: SqlClient.SqlClient) =>
  Effect.fnUntraced(function* (sessionId: string) {
    const token = makeToken()
    yield* orDefect(sql`
      INSERT INTO refresh_tokens (hash, session_id, created_at) VALUES (${hashOf(token)}, ${sessionId}, now())`)
    return token
  })

/**
 * Uses up a refresh token, in a transaction. Two tabs that present the same one both get its one successor: that is stored
 * too, sealed with the token presented, so that the database alone yields neither. All times are the database's clock.
 */
export const makeRotate = (sql: SqlClient.SqlClient) => {
  const addToken = makeAddToken(sql)
  const decodeSession = decodeRow(SessionRow)
  const decodeToken = decodeRow(TokenRow)
  const grace = sql`make_interval(secs => ${graceSeconds})`

  /** Locks the session, so that whoever presents a token of it comes one after the other. */
  const lockSession = (hash: Uint8Array) =>
    decodeSession(sql`
      SELECT s.id, s.user_id, s.expires_at, s.revoked_at IS NULL AND s.expires_at > clock_timestamp() AND u.active AS is_live
      FROM sessions s JOIN users u ON u.id = s.user_id
      WHERE s.id = (SELECT session_id FROM refresh_tokens WHERE hash = ${hash}) FOR UPDATE OF s`)

  const findToken = (hash: Uint8Array) =>
    decodeToken(sql`
      SELECT used_at IS NOT NULL AS is_used, used_at > clock_timestamp() - ${grace} AS in_grace, successor
      FROM refresh_tokens WHERE hash = ${hash}`)

  const replace = Effect.fnUntraced(function* (token: Redacted.Redacted, sessionId: string) {
    const next = yield* addToken(sessionId)
    yield* orDefect(sql`
      UPDATE refresh_tokens SET successor = NULL
      WHERE session_id = ${sessionId} AND successor IS NOT NULL AND used_at <= clock_timestamp() - ${grace}`)
    yield* orDefect(sql`
      UPDATE refresh_tokens SET used_at = clock_timestamp(), successor = ${seal(token, purpose, next)}
      WHERE hash = ${hashOf(token)}`)
    return next
  })

  return Effect.fnUntraced(function* (presented: Redacted.Redacted) {
    const session = Option.getOrUndefined(yield* lockSession(hashOf(presented)))
    if (!session?.isLive) return Refused()
    const { id, userId, expiresAt } = session
    let token = presented
    for (let step = 0; step < maxSteps; step++) {
      const row = Option.getOrUndefined(yield* findToken(hashOf(token)))
      if (row?.isUsed === false)
        return Rotated({ id, userId, expiresAt, refreshToken: step === 0 ? yield* replace(token, id) : token })
      const successor = row?.inGrace && row.successor ? open(token, purpose, row.successor) : Option.none()
      if (Option.isNone(successor)) return Reused({ id, userId })
      token = successor.value
    }
    return Reused({ id, userId })
  })
}

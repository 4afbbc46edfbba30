import { decodeRow, orDefect } from "@kite/adapters/postgres/Rows"
import { UserId } from "@kite/domain/users/User"
import { Data, type DateTime, Effect, Option, type Redacted, Schema } from "effect"
import type { SqlClient } from "effect/sql"
import { hashOf, makeSuccessor, makeToken } from "../tokens/OpaqueToken.ts"
import { open, seal } from "../tokens/Seal.ts"

/** How long after its first use a refresh token still returns its successor, in seconds. */
const graceSeconds = 10
/** How many used tokens in a row are followed: more than the tabs of a browser refresh within the grace period. */
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

/** A login. It ends at `expiresAt`, whether it is refreshed or not. Only the SHA-256 of its token is stored. */
export interface RefreshableSession {
  readonly id: string
  readonly userId: UserId
  readonly refreshToken: Redacted.Redacted
  readonly expiresAt: DateTime.Utc
}

/** The outcome of using a refresh token. */
export type Rotation = Data.TaggedEnum<{
  Rotated: RefreshableSession
  /** The token is unknown, or its session has ended. */
  Refused: object
  /** The token was used before, and its grace period is over: somebody has a copy. */
  TokenReused: { readonly id: string; readonly userId: UserId }
}>
const { Rotated, Refused, TokenReused } = Data.taggedEnum<Rotation>()

/** Adds a token to the session and returns it; only its hash is stored. */
export const makeAddToken = (sql: SqlClient.SqlClient) =>
  Effect.fnUntraced(function* (sessionId: string, previous?: Redacted.Redacted) {
    const token = previous === undefined ? makeToken() : makeSuccessor(previous)
    yield* orDefect(sql`
      INSERT INTO refresh_tokens (hash, session_id, created_at) VALUES (${hashOf(token)}, ${sessionId}, now())`)
    return token
  })

/**
 * Uses up a refresh token, in the surrounding transaction. Two tabs that send the same token both get its one successor: it
 * is stored sealed with the token that it succeeds, so that the database alone reveals neither. All times are by the database's clock.
 */
export const makeRotate = (sql: SqlClient.SqlClient) => {
  const addToken = makeAddToken(sql)
  const decodeSession = decodeRow(SessionRow)
  const decodeToken = decodeRow(TokenRow)
  const grace = sql`make_interval(secs => ${graceSeconds})`

  /** Locks the session, so that requests with its tokens run one after another. */
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
    const next = yield* addToken(sessionId, token)
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
      if (Option.isNone(successor)) return TokenReused({ id, userId })
      token = successor.value
    }
    return TokenReused({ id, userId })
  })
}

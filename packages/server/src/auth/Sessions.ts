import { createHash } from "node:crypto"
import { decodeRow, orDefect } from "@kite/adapters/postgres/Rows"
import { InvalidSession } from "@kite/domain/auth/AuthErrors"
import { UserId } from "@kite/domain/auth/User"
import { Context, DateTime, Effect, Layer, Option, Redacted, Schema } from "effect"
import { SecureRandom } from "effect/crypto"
import { SqlClient } from "effect/sql"

/** How long a login lasts, whatever happens in between. */
export const sessionLifetime = "30 days"

/** A login. The token is 32 random bytes, base64url; only its SHA-256 is stored. */
export interface RefreshableSession {
  readonly id: string
  readonly userId: UserId
  readonly refreshToken: Redacted.Redacted
  readonly expiresAt: DateTime.Utc
}

const TokenRow = Schema.Struct({
  sessionId: Schema.String,
  userId: UserId,
  usedAt: Schema.NullOr(Schema.DateTimeUtcFromDate),
  revokedAt: Schema.NullOr(Schema.DateTimeUtcFromDate),
  expiresAt: Schema.DateTimeUtcFromDate
})

const hashOf = (token: Redacted.Redacted) => createHash("sha256").update(Redacted.value(token)).digest()

/** Sessions and their rotating refresh tokens (OWASP ASVS 5.0 V10.4.5: a token that is used twice ends its session). */
export class Sessions extends Context.Service<
  Sessions,
  {
    readonly start: (userId: UserId) => Effect.Effect<RefreshableSession>
    /** Uses up the token and hands back its successor. */
    readonly rotate: (token: Redacted.Redacted) => Effect.Effect<RefreshableSession, InvalidSession>
    /** Idempotent; an unknown token is no session to end. */
    readonly end: (token: Redacted.Redacted) => Effect.Effect<void>
  }
>()("@kite/server/auth/Sessions") {
  static readonly layer = Layer.effect(
    Sessions,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const decode = decodeRow(TokenRow)

      const addToken = Effect.fnUntraced(function* (sessionId: string, now: DateTime.Utc) {
        const token = Redacted.make(Buffer.from(SecureRandom.randomBytesUnsafe(32)).toString("base64url"))
        const row = { hash: hashOf(token), sessionId, createdAt: DateTime.toDateUtc(now) }
        yield* orDefect(sql`INSERT INTO refresh_tokens ${sql.insert(row)}`)
        return token
      })

      const use = Effect.fnUntraced(function* (token: Redacted.Redacted) {
        const hash = hashOf(token)
        const now = yield* DateTime.now
        const found = yield* decode(sql`
          SELECT t.session_id, t.used_at, s.user_id, s.revoked_at, s.expires_at
          FROM refresh_tokens t JOIN sessions s ON s.id = t.session_id
          WHERE t.hash = ${hash} FOR UPDATE`)
        if (Option.isNone(found)) return Option.none()
        const { sessionId, userId, usedAt, revokedAt, expiresAt } = found.value
        if (usedAt !== null) {
          yield* orDefect(sql`UPDATE sessions SET revoked_at = coalesce(revoked_at, now()) WHERE id = ${sessionId}`)
          yield* Effect.logWarning("A refresh token was used twice; its session has ended").pipe(
            Effect.annotateLogs({ event: "token_reuse", user_id: userId })
          )
          return Option.none()
        }
        if (revokedAt !== null || DateTime.isGreaterThanOrEqualTo(now, expiresAt)) return Option.none()
        yield* orDefect(sql`UPDATE refresh_tokens SET used_at = ${DateTime.toDateUtc(now)} WHERE hash = ${hash}`)
        return Option.some({ id: sessionId, userId, refreshToken: yield* addToken(sessionId, now), expiresAt })
      })

      return Sessions.of({
        start: Effect.fn("Sessions.start")(
          function* (userId) {
            const id = SecureRandom.uuidV7Unsafe()
            const now = yield* DateTime.now
            const expiresAt = DateTime.addDuration(now, sessionLifetime)
            const row = { id, userId, createdAt: DateTime.toDateUtc(now), expiresAt: DateTime.toDateUtc(expiresAt) }
            yield* orDefect(sql`INSERT INTO sessions ${sql.insert(row)}`)
            return { id, userId, refreshToken: yield* addToken(id, now), expiresAt }
          },
          sql.withTransaction,
          (self) => orDefect(self)
        ),
        rotate: Effect.fn("Sessions.rotate")(function* (token) {
          const session = yield* orDefect(sql.withTransaction(use(token)))
          return yield* Option.match(session, { onNone: () => new InvalidSession({}), onSome: Effect.succeed })
        }),
        end: Effect.fn("Sessions.end")(function* (token) {
          yield* orDefect(sql`
            UPDATE sessions SET revoked_at = now() WHERE revoked_at IS NULL
            AND id = (SELECT session_id FROM refresh_tokens WHERE hash = ${hashOf(token)})`)
        })
      })
    })
  )
}

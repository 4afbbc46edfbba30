import { PgClient } from "@effect/sql-pg"
import * as Announcements from "@kite/adapters/postgres/Announcements"
import { decodeRows, orDefect } from "@kite/adapters/postgres/Rows"
import { Array as Arr, Clock, Context, Deferred, Effect, Layer, Schema } from "effect"
import { RevocationSet, retentionMillis } from "./RevocationSet.ts"

/** Payloads of this channel are ids of ended sessions, separated by commas. */
const channel = "kite_ended_sessions"
const capacity = 100_000
/** A NOTIFY payload has at most 8,000 bytes, an id has 36. */
const idsPerPayload = 200
/** How long tokens are accepted without the connection, in ms; after that a revocation could have been missed. */
const tolerance = 1_000
/** How long the start waits for the connection, so that the first requests are not refused for lack of it. */
const startTimeout = "5 seconds"

/** This instance has lost touch with the others and cannot tell which sessions have ended. Raised as a defect. */
export class RevocationsUnavailable extends Schema.TaggedError<RevocationsUnavailable>()(
  "RevocationsUnavailable",
  {}
) {}

/**
 * The sessions that ended recently, whose access tokens are refused. Every instance learns of an ended session within
 * milliseconds of the commit: each listens on a connection of its own to PostgreSQL's NOTIFY. After that connection was
 * lost, the set is read from the database before the next payload.
 */
export class RevokedSessions extends Context.Service<
  RevokedSessions,
  {
    /** Whether the session's tokens of that second (`iat`) are revoked. Dies with RevocationsUnavailable if that cannot be known. */
    readonly has: (sessionId: string, issuedAt: number) => Effect.Effect<boolean>
    /**
     * Revokes the sessions when the surrounding transaction commits: on this instance before the commit returns, on the
     * others within milliseconds. A rollback revokes nothing.
     */
    readonly revoke: (sessionIds: ReadonlyArray<string>) => Effect.Effect<void>
  }
>()("@kite/server/auth/tokens/RevokedSessions") {
  static readonly layer = Layer.effect(
    RevokedSessions,
    Effect.gen(function* () {
      const pg = yield* PgClient.PgClient
      const ended = new RevocationSet(capacity)
      const connected = yield* Deferred.make<void>()
      // Undefined while the connection is up; at first it counts as down for ever.
      let downSince: number | undefined = Number.NEGATIVE_INFINITY

      const add = (ids: ReadonlyArray<string>) => Effect.map(Clock.currentTimeMillis, (now) => ended.add(ids, now))

      const decode = decodeRows(Schema.Struct({ id: Schema.String }))
      const reload = Effect.gen(function* () {
        const rows = yield* decode(pg`
          SELECT id FROM sessions WHERE revoked_at > now() - make_interval(secs => ${retentionMillis / 1000})
          LIMIT ${capacity + 1}`)
        yield* add(rows.map(({ id }) => id))
      })

      yield* Announcements.listen({
        channel,
        applicationName: "kite-revocations",
        subject: "revoked sessions",
        connected: Effect.gen(function* () {
          yield* reload
          downSince = undefined
          yield* Deferred.succeed(connected, undefined)
        }),
        received: (payload) => add(payload.split(",")),
        lost: Effect.map(Clock.currentTimeMillis, (now) => {
          downSince ??= now
        })
      })
      yield* Effect.timeoutOption(Deferred.await(connected), startTimeout)

      return RevokedSessions.of({
        has: Effect.fnUntraced(function* (sessionId, issuedAt) {
          if (downSince !== undefined && (yield* Clock.currentTimeMillis) - downSince > tolerance) {
            return yield* Effect.die(new RevocationsUnavailable())
          }
          return ended.has(sessionId, issuedAt)
        }),
        // Not `pg.notify`: that has a connection of its own, so it neither waits for the commit nor is rolled back, and it
        // may queue behind a statement that waits for this very transaction.
        revoke: Effect.fnUntraced(function* (ids) {
          for (const some of Arr.chunksOf(ids, idsPerPayload)) {
            yield* orDefect(pg`SELECT pg_notify(${channel}, ${some.join(",")})`)
          }
          yield* pg.afterCommit(add(ids))
        })
      })
    })
  )
}

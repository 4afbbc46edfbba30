import { PgClient } from "@effect/sql-pg"
import * as Database from "@kite/adapters/postgres/Database"
import { decodeRows, orDefect } from "@kite/adapters/postgres/Rows"
import { Array as Arr, Cause, Clock, Context, Deferred, Effect, Layer, Queue, Schedule, Schema } from "effect"
import { RevocationSet, retentionMillis } from "./RevocationSet.ts"

/** The channel's payloads: ids of ended sessions, comma-separated; an empty one says that the link is alive. */
const channel = "kite_ended_sessions"
const capacity = 100_000
/** A NOTIFY payload ends at 8,000 bytes; an id has 36. */
const idsPerPayload = 200
const heartbeat = "2 seconds"
/** Without any payload for so long the link counts as dead. */
const silence = "5 seconds"
/** For so long tokens are accepted without a link, in ms; then nobody can know whether they are revoked. */
const patience = 1_000
/** For so long the start waits for the first link, so that no token is refused just because it came early. */
const startPatience = "5 seconds"
const reconnect = Schedule.min([Schedule.exponential("50 millis"), Schedule.spaced("250 millis")])

/** This instance has lost touch with the others and cannot tell which sessions have ended. Raised as a defect. */
export class RevocationsUnavailable extends Schema.TaggedError<RevocationsUnavailable>()(
  "RevocationsUnavailable",
  {}
) {}

/**
 * Which sessions ended within the life of an access token, known on every instance within milliseconds of the commit that
 * ended them: Postgres NOTIFY tells it to a connection of each instance's own. After a loss of that connection the set is
 * read again, before the next payload.
 */
export class RevokedSessions extends Context.Service<
  RevokedSessions,
  {
    /** Whether tokens of the session, issued at that second, are void. Dies with RevocationsUnavailable when that cannot be known. */
    readonly has: (sessionId: string, issuedAt: number) => Effect.Effect<boolean>
    /** Tells every instance when the surrounding transaction commits. */
    readonly announce: (sessionIds: ReadonlyArray<string>) => Effect.Effect<void>
    /** This instance knows at once; for after the commit. */
    readonly add: (sessionIds: ReadonlyArray<string>) => Effect.Effect<void>
  }
>()("@kite/server/auth/RevokedSessions") {
  static readonly layer = Layer.effect(
    RevokedSessions,
    Effect.gen(function* () {
      const pg = yield* PgClient.PgClient
      const { url } = pg.config
      if (url === undefined) return yield* Effect.die(new Error("The database client has no URL"))
      const ended = new RevocationSet(capacity)
      const linked = yield* Deferred.make<void>()
      // Of the link: never up yet, up (undefined), or down since then.
      let downSince: number | undefined = Number.NEGATIVE_INFINITY

      const add = (ids: ReadonlyArray<string>) => Effect.map(Clock.currentTimeMillis, (now) => ended.add(ids, now))

      const decode = decodeRows(Schema.Struct({ id: Schema.String }))
      const reload = Effect.gen(function* () {
        const rows = yield* decode(pg`
          SELECT id FROM sessions WHERE revoked_at > now() - make_interval(secs => ${retentionMillis / 1000})
          LIMIT ${capacity + 1}`)
        yield* add(rows.map(({ id }) => id))
      })

      const live = Effect.gen(function* () {
        const connection = Database.layerUrl(url, { maxConnections: 1, applicationName: "kite-revocations" })
        const link = Context.get(yield* Layer.build(Layer.fresh(connection)), PgClient.PgClient)
        const payloads = yield* link.listen(channel)
        yield* reload
        downSince = undefined
        yield* Deferred.succeed(linked, undefined)
        const beat = Effect.repeat(pg.notify(channel, ""), Schedule.spaced(heartbeat))
        const receive = Queue.take(payloads).pipe(
          Effect.timeout(silence),
          Effect.flatMap(({ payload }) => (payload === "" ? Effect.void : add(payload.split(",")))),
          Effect.forever
        )
        return yield* Effect.raceFirst(receive, beat)
      }).pipe(
        Effect.scoped,
        Effect.onExit(() =>
          Effect.map(Clock.currentTimeMillis, (now) => {
            downSince ??= now
          })
        )
      )

      yield* live.pipe(
        Effect.tapCause((cause) =>
          Effect.logWarning(`The link that tells of ended sessions broke; connecting again (${Cause.squash(cause)})`)
        ),
        Effect.sandbox,
        Effect.retry(reconnect),
        Effect.forkScoped
      )
      yield* Effect.timeoutOption(Deferred.await(linked), startPatience)

      return RevokedSessions.of({
        add,
        has: Effect.fnUntraced(function* (sessionId, issuedAt) {
          if (downSince !== undefined && (yield* Clock.currentTimeMillis) - downSince > patience) {
            return yield* Effect.die(new RevocationsUnavailable())
          }
          return ended.has(sessionId, issuedAt)
        }),
        // A statement like any other: `pg.notify` has a connection of its own, so it neither waits for the commit nor is
        // taken back with it, and may stand behind somebody who waits for this very transaction.
        announce: (ids) =>
          Effect.forEach(
            Arr.chunksOf(ids, idsPerPayload),
            (some) => orDefect(pg`SELECT pg_notify(${channel}, ${some.join(",")})`),
            { discard: true }
          )
      })
    })
  )
}

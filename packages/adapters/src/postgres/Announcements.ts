import { PgClient } from "@effect/sql-pg"
import { Cause, Context, Effect, Layer, Queue, Schedule, type Scope } from "effect"
import * as Database from "./Database.ts"

const heartbeat = "2 seconds"
/** The connection is considered lost after this time without a payload. */
const silence = "5 seconds"
const reconnect = Schedule.min([Schedule.exponential("50 millis"), Schedule.spaced("250 millis")])

interface Listener {
  /** Its payloads are what other processes announce with `pg_notify`; an empty one is a heartbeat. */
  readonly channel: string
  /** Of the connection, in pg_stat_activity. */
  readonly applicationName: string
  /** What the channel announces, for the log. */
  readonly subject: string
  /** Runs when the connection listens, before the first payload: whatever was missed can be read from the database. */
  readonly connected: Effect.Effect<void>
  readonly received: (payload: string) => Effect.Effect<void>
  /** Runs when the connection is lost, and when it could not be opened. */
  readonly lost: Effect.Effect<void>
}

/**
 * Listens to a channel of PostgreSQL on a connection of its own, for as long as the scope lives. Heartbeats tell a connection that is
 * lost from one that has nothing to say; it is opened again within 50 to 250 ms. An outage is logged once.
 */
export const listen = Effect.fnUntraced(function* (
  listener: Listener
): Effect.fn.Return<void, never, PgClient.PgClient | Scope.Scope> {
  const { channel, applicationName, subject, connected, received, lost } = listener
  const pg = yield* PgClient.PgClient
  const { url } = pg.config
  if (url === undefined) return yield* Effect.die(new Error("The database client has no URL"))

  let isLossLogged = false

  const live = Effect.gen(function* () {
    const connection = Database.layerUrl(url, { maxConnections: 1, applicationName })
    const link = Context.get(yield* Layer.build(Layer.fresh(connection)), PgClient.PgClient)
    const payloads = yield* link.listen(channel)
    yield* connected
    isLossLogged = false
    const beat = Effect.repeat(pg.notify(channel, ""), Schedule.spaced(heartbeat))
    const receive = Queue.take(payloads).pipe(
      Effect.timeout(silence),
      Effect.flatMap(({ payload }) => (payload === "" ? Effect.void : received(payload))),
      Effect.forever
    )
    return yield* Effect.raceFirst(receive, beat)
  }).pipe(
    Effect.scoped,
    Effect.onExit(() => lost)
  )

  yield* live.pipe(
    Effect.tapCause((cause) => {
      if (isLossLogged) return Effect.void
      isLossLogged = true
      return Effect.logWarning(`Lost the connection that announces ${subject}; reconnecting (${Cause.squash(cause)})`)
    }),
    Effect.sandbox,
    Effect.retry(reconnect),
    Effect.forkScoped
  )
})

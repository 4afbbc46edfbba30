import { Context, Effect, Layer, Redacted, Schema } from "effect"
import { Redis as Client, type RedisOptions } from "ioredis"

/** Redis failed, refused or did not answer in time. */
export class RedisError extends Schema.TaggedError<RedisError>()("RedisError", { cause: Schema.Defect() }) {}

/** ioredis' options, but for the one that changes the types of replies. */
export type ConnectionOptions = Omit<RedisOptions, "replyMapping">

/**
 * For general use: a command ends after 2 s at the latest, whatever Redis does, and so it does while it waits for a connection;
 * a connection that owes an answer for 4 s is replaced, because TCP would believe in it for a quarter of an hour. Times in ms.
 */
const general: ConnectionOptions = {
  lazyConnect: true,
  connectTimeout: 2_000,
  commandTimeout: 2_000,
  socketTimeout: 4_000,
  maxRetriesPerRequest: 1,
  autoResendUnfulfilledCommands: false,
  enableAutoPipelining: true,
  retryStrategy: (attempt) => Math.min(attempt * 50, 1_000)
}

/**
 * A connection that ends with the scope. It connects in the background and for ever again: Redis need not be there. Its
 * `error` events are logged, once per change of message, since ioredis repeats them with every attempt.
 */
export const connect = Effect.fn("Redis.connect")(function* (
  url: Redacted.Redacted<string>,
  options: ConnectionOptions = {}
) {
  const log = Effect.runForkWith(yield* Effect.context<never>())
  return yield* Effect.acquireRelease(
    Effect.sync(() => {
      const client = new Client(Redacted.value(url), { ...general, ...options })
      let last = ""
      client.on("ready", () => {
        last = ""
      })
      client.on("error", (error: Error) => {
        if (error.message === last) return
        last = error.message
        log(Effect.logWarning(`Redis: ${error.message}`))
      })
      // The listener has the failure, which is no reason to fail: the next attempt follows.
      client.connect().catch(() => undefined)
      return client
    }),
    disconnect
  )
})

/** ioredis itself destroys a socket whose end the other side does not confirm within 2 s. */
const disconnect = (client: Client) =>
  Effect.callback<void>((resume) => {
    if (client.status === "end") return resume(Effect.void)
    client.once("end", () => resume(Effect.void))
    client.disconnect()
  }).pipe(Effect.timeoutOption("4 seconds"))

/** The process's shared connection. */
export class Redis extends Context.Service<
  Redis,
  {
    /** Runs a command. Fails with RedisError within 2 s. */
    use<A>(command: (client: Client) => Promise<A>): Effect.Effect<A, RedisError>
    /** Cheap proof that Redis answers. */
    readonly check: Effect.Effect<void, RedisError>
  }
>()("@kite/adapters/redis/Redis") {
  static readonly layer = (url: Redacted.Redacted<string>): Layer.Layer<Redis> =>
    Layer.effect(
      Redis,
      Effect.map(connect(url), (client) => {
        const use = <A>(command: (client: Client) => Promise<A>) =>
          Effect.tryPromise({ try: () => command(client), catch: (cause) => new RedisError({ cause }) })
        return Redis.of({ use, check: Effect.asVoid(use((redis) => redis.ping())) })
      })
    )
}

import { Effect, Redacted, Schema } from "effect"
import { Redis as Client, type RedisOptions } from "ioredis"

/** Redis failed, refused a command or did not reply in time. */
export class RedisError extends Schema.TaggedError<RedisError>()("RedisError", { cause: Schema.Defect() }) {}

/** ioredis' options without the one that changes the types of replies. */
export type ConnectionOptions = Omit<RedisOptions, "replyMapping">

/**
 * A command ends within 2 s, also while it waits for a connection. A connection without a reply for 4 s is replaced: TCP
 * would keep a dead one for a quarter of an hour. Times in ms.
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
 * A connection that closes with the scope. It connects in the background and retries for ever, so Redis need not run yet.
 * Errors are logged when their message changes: ioredis repeats them with every attempt.
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
      // The listener logs the failure and the next attempt follows.
      client.connect().catch(() => undefined)
      return client
    }),
    disconnect
  )
})

/** ioredis destroys a socket that the other side does not close within 2 s. */
const disconnect = (client: Client) =>
  Effect.callback<void>((resume) => {
    if (client.status === "end") return resume(Effect.void)
    client.once("end", () => resume(Effect.void))
    client.disconnect()
  }).pipe(Effect.timeoutOption("4 seconds"))

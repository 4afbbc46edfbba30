import { Effect, Layer } from "effect"
import { RateLimiter, Redis } from "effect/persistence"
import type { Redis as Client } from "ioredis"

/** Effect's RateLimiter on the connection that the others use. */
export const layerEffectRateLimiter = (client: Client) =>
  RateLimiter.layer.pipe(
    Layer.provide(RateLimiter.layerStoreRedis()),
    Layer.provide(
      Layer.effect(
        Redis.Redis,
        Redis.make({
          send: <A>(command: string, ...args: ReadonlyArray<string>) =>
            Effect.tryPromise({
              try: () => client.call(command, ...args) as Promise<A>,
              catch: (cause) => new Redis.RedisError({ cause })
            }),
          subscribe: () => Effect.die("not part of the benchmark"),
          connect: Effect.die("not part of the benchmark")
        })
      )
    )
  )

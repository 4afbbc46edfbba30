import { describe } from "@effect/vitest"
import { TestRedis } from "@kite/testkit/redis/TestRedis"
import { Effect, Layer } from "effect"
import { RateLimiter } from "../../src/limits/RateLimiter.ts"
import * as RateLimiterRedis from "../../src/limits/RateLimiterRedis.ts"
import { RedisTimeout } from "../../src/limits/RedisWindows.ts"
import { rateLimiterSuite } from "./RateLimiterSuite.ts"

const onRedis = Layer.unwrap(TestRedis.use(({ url }) => Effect.succeed(RateLimiterRedis.layer(url))))

describe("RateLimiter in memory", () => rateLimiterSuite(RateLimiter.layerMemory))

describe("RateLimiter in Redis", () =>
  rateLimiterSuite(onRedis.pipe(Layer.provide([TestRedis.layer, Layer.succeed(RedisTimeout, 5_000)]))))

import { assert, it } from "@effect/vitest"
import * as Database from "@kite/adapters/postgres/Database"
import * as RateLimiterRedis from "@kite/server/limits/RateLimiterRedis"
import { RedisTimeout } from "@kite/server/limits/RedisWindows"
import { cookieOf, logIn, refresh } from "@kite/testkit/accounts/Sessions"
import { post, signUp } from "@kite/testkit/http/Client"
import { TestServer } from "@kite/testkit/http/TestServer"
import { TestDatabase } from "@kite/testkit/postgres/TestDatabase"
import { TestRedis } from "@kite/testkit/redis/TestRedis"
import { Array, Effect, Layer } from "effect"
import { deviceOf } from "./devices/Devices.ts"

const variables = {
  RATE_LIMIT_LOGIN_ACCOUNT: "10/15m",
  RATE_LIMIT_LOGIN_DEVICE: "10/15m",
  RATE_LIMIT_REFRESH_SESSION: "6/1m"
}

/** A server on this Redis, and on this database if one is given. */
const serverOn = (redis: TestRedis["Service"], database?: TestDatabase["Service"]) =>
  TestServer.layerOn({
    variables,
    limiter: Layer.orDie(RateLimiterRedis.layer(redis.url).pipe(Layer.provide(Layer.succeed(RedisTimeout, 5_000)))),
    ...(database !== undefined && {
      database: Layer.merge(Layer.succeed(TestDatabase, database), Layer.orDie(Database.layerUrl(database.url)))
    })
  })

it.live(
  "two servers on one Redis count together: strangers, devices, sessions, and what a new password clears",
  () =>
    Effect.gen(function* () {
      const redis = yield* TestRedis
      yield* Effect.gen(function* () {
        const other = yield* Layer.build(Layer.fresh(serverOn(redis, yield* TestDatabase)))
        const onOther = Effect.provide(other)
        const user = yield* signUp
        const cookie = deviceOf(yield* logIn(user))
        const wrong = { email: user.email, password: "not the password" }

        const strangers = yield* Effect.all(
          Array.makeBy(24, (n) => (n % 2 === 0 ? logIn(wrong) : onOther(logIn(wrong)))),
          { concurrency: "unbounded" }
        )
        assert.lengthOf(
          strangers.filter(({ status }) => status === 401),
          10
        )
        for (const here of [logIn(user, { cookie }), onOther(logIn(user, { cookie }))]) {
          assert.strictEqual((yield* here).status, 200)
        }

        const device = [logIn(wrong, { cookie }), onOther(logIn(wrong, { cookie }))]
        const guesses = yield* Effect.all(Array.replicate(device, 6).flat())
        assert.lengthOf(
          guesses.filter(({ status }) => status === 401),
          10
        )
        const next = { email: user.email, password: "something entirely new" }
        const change = { currentPassword: user.password, newPassword: next.password }
        assert.strictEqual((yield* onOther(post("/api/auth/password", change, user.authorization))).status, 204)
        const [byDevice, byStranger] = [yield* logIn(next, { cookie }), yield* logIn(next)]
        assert.deepStrictEqual([byDevice.status, byStranger.status], [200, 200])

        let token = cookieOf(byDevice)
        for (let n = 0; n < 6; n++) {
          const answer = yield* n % 2 === 0 ? refresh(token) : onOther(refresh(token))
          assert.strictEqual(answer.status, 200)
          token = cookieOf(answer)
        }
        assert.strictEqual((yield* onOther(refresh(token))).status, 429)
      }).pipe(Effect.provide(serverOn(redis)))
    }).pipe(Effect.provide(TestRedis.layer), Effect.scoped),
  60_000
)

import { assert, describe, it } from "@effect/vitest"
import { Settings } from "@kite/adapters/settings/Settings"
import { InvalidCredentials, WeakPassword } from "@kite/domain/auth/AuthErrors"
import { Unavailable } from "@kite/domain/Problem"
import { RateLimiter } from "@kite/server/limits/RateLimiter"
import { RateLimitGate } from "@kite/server/limits/RateLimitGate"
import { Effect, Fiber, Latch, Layer } from "effect"
import { HttpServerRequest, HttpServerResponse } from "effect/http"

const limit = 3
const gate = RateLimitGate.layer.pipe(
  Layer.provideMerge(RateLimiter.layerMemory),
  Layer.provide(Settings.layerOf({ RATE_LIMIT_LOGIN_ACCOUNT: `${limit}/15m` }))
)
const request = Layer.sync(HttpServerRequest.HttpServerRequest, () =>
  HttpServerRequest.fromWeb(new Request("http://kite/api/auth/login"))
)

type Outcome = Effect.Effect<HttpServerResponse.HttpServerResponse, unknown>
const login = (outcome: Outcome) =>
  RateLimitGate.use((service) => service.admit(["login-account"], { login: { email: "ada" } }, outcome))

/** How many more wrong passwords are admitted. */
const left = RateLimiter.use((limiter) =>
  limiter.check([{ policy: { name: "login-account", limit, windowMs: 900_000 }, subject: "ada", cost: limit + 1 }])
).pipe(Effect.map(({ policies }) => policies[0]?.remaining))

const live = <E>(
  name: string,
  test: () => Effect.Effect<void, E, RateLimiter | RateLimitGate | HttpServerRequest.HttpServerRequest>
) => it.live(name, () => Effect.provide(test(), Layer.merge(gate, request)))

const wrong: Outcome = Effect.fail(new InvalidCredentials({}))
const response = (status: number): Outcome => Effect.succeed(HttpServerResponse.empty({ status }))

describe("a policy that counts failures", () => {
  live("keeps the charge of a wrong password", () =>
    Effect.gen(function* () {
      yield* Effect.exit(login(wrong))
      assert.strictEqual(yield* left, limit - 1)
    })
  )

  live("is cleared by a success", () =>
    Effect.gen(function* () {
      yield* Effect.exit(login(wrong))
      yield* login(response(200))
      assert.strictEqual(yield* left, limit)
    })
  )

  live("gives back its own charge, and no more, when the request fails without a wrong password", () =>
    Effect.gen(function* () {
      yield* Effect.exit(login(wrong))
      for (const outcome of [
        Effect.die(new Unavailable({})),
        Effect.die(new Error("a defect")),
        Effect.fail(new WeakPassword({})),
        response(415),
        response(503)
      ]) {
        yield* Effect.exit(login(outcome))
        assert.strictEqual(yield* left, limit - 1)
      }
    })
  )

  live("keeps the charge of a client that disconnects before it knows: guesses cannot be made for free", () =>
    Effect.gen(function* () {
      const started = yield* Latch.make()
      const attempt = yield* Effect.forkChild(login(Effect.andThen(started.open, Effect.never)))
      yield* started.await
      yield* Fiber.interrupt(attempt)
      assert.strictEqual(yield* left, limit - 1)
    })
  )

  live("is charged while the password is being checked", () =>
    Effect.gen(function* () {
      let during: number | undefined
      yield* login(
        Effect.andThen(
          Effect.map(Effect.provide(left, Layer.succeed(RateLimiter, yield* RateLimiter)), (units) => {
            during = units
          }),
          response(200)
        )
      )
      assert.strictEqual(during, limit - 1)
    })
  )
})

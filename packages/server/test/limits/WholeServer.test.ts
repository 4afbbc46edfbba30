import { assert, it } from "@effect/vitest"
import { eventually } from "@kite/testkit/Eventually"
import { post, send, sendAs, signUp, upload } from "@kite/testkit/http/Client"
import { endpoints, pathOf } from "@kite/testkit/http/Endpoints"
import { assertProblem } from "@kite/testkit/http/Problem"
import { TestServer } from "@kite/testkit/http/TestServer"
import { startRedis } from "@kite/testkit/redis/RedisServer"
import { Array, Effect, Redacted } from "effect"
import * as RateLimiterRedis from "../../src/limits/RateLimiterRedis.ts"

const quotaExceeded = /^https:\/\/iana\.org\/assignments\/http-problem-types#quota-exceeded$/
const unusedId = "00000000-0000-7000-8000-000000000000"

const policyNames = (headers: Headers) =>
  [...(headers.get("ratelimit-policy") ?? "").matchAll(/"([a-z-]+)"/g)].map(([, name]) => name).sort()

/** By path; the first match counts. */
const expected: ReadonlyArray<readonly [path: RegExp, policies: ReadonlyArray<string>]> = [
  [/^\/health/, []],
  [/^\/api\/auth\/(register|login|email-proof\/confirm)$/, ["auth-ip"]],
  [/^\/api\/auth\/refresh$/, ["refresh-ip"]],
  [/^\/api\/auth\/password$/, ["auth-ip", "password-account"]],
  [/^\/api\/auth\/(password-reset|email-proof$)/, ["password-reset-ip"]],
  [/^\/api\/auth\//, ["ip"]],
  [/^\/api\/(documents|admin)/, ["account"]]
]

it.live("every endpoint but the health checks is limited and names its policies", () =>
  Effect.gen(function* () {
    for (const endpoint of endpoints) {
      const { body, method, path } = endpoint
      // Some endpoints end the session.
      const user = yield* signUp
      const content = body === undefined ? {} : { headers: { "content-type": body }, body: "{}" }
      const { headers } = yield* sendAs(user, pathOf(endpoint, unusedId), { method, ...content })
      const [, policies] = expected.find(([pattern]) => pattern.test(path)) ?? assert.fail(`${path} is not expected`)
      assert.deepStrictEqual(policyNames(headers), [...policies], `${method} ${path}`)
    }
    for (const path of ["/docs", "/openapi.json", "/metrics", "/nowhere", "/api/%64ocuments"]) {
      assert.deepStrictEqual(policyNames((yield* send(path)).headers), ["ip"], path)
    }
  }).pipe(Effect.provide(TestServer.layer))
)

it.live("the settings override the limits, and a refusal is a complete problem", () =>
  Effect.gen(function* () {
    const user = yield* signUp
    yield* upload(user, "some text")
    const lists = yield* Effect.all(Array.makeBy(3, () => sendAs(user, "/api/documents")))
    assert.deepStrictEqual(
      lists.map(({ status }) => status),
      [200, 200, 429]
    )
    const login = post("/api/auth/login", { email: user.email, password: "not the password" })
    const attempts = yield* Effect.all(Array.makeBy(4, () => login))
    assert.deepStrictEqual(
      attempts.map(({ status }) => status),
      [401, 401, 401, 429]
    )
    const refused = attempts[3] ?? assert.fail("no response")
    assertProblem(refused, 429, quotaExceeded, "/api/auth/login")
    assert.deepStrictEqual(refused.json["violated-policies"], ["login-account"])
    assert.strictEqual(refused.headers.get("cache-control"), "no-store")
    assert.match(refused.headers.get("retry-after") ?? "", /^[1-9]\d*$/)
  }).pipe(Effect.provide(TestServer.layerWith({ RATE_LIMIT_ACCOUNT: "3/1m", RATE_LIMIT_LOGIN_ACCOUNT: "3/15m" })))
)

it.live(
  "readiness is degraded, not down, while Redis is down, and requests are still limited",
  () =>
    Effect.gen(function* () {
      const redis = yield* startRedis
      const readiness = Effect.map(send("/health/ready"), ({ json, status }) => `${status} ${json.status}`)
      const becomes = (expected: string) => eventually(readiness, (now) => now === expected)
      yield* Effect.gen(function* () {
        yield* becomes("200 ready")
        yield* redis.kill
        yield* becomes("200 degraded")
        const { headers } = yield* send("/nowhere")
        assert.deepStrictEqual(policyNames(headers), ["ip"])
        yield* redis.restart
        yield* becomes("200 ready")
      }).pipe(Effect.provide(TestServer.layerOn({ limiter: RateLimiterRedis.layer(Redacted.make(redis.url)) })))
    }),
  60_000
)

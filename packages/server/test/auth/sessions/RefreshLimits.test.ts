import { assert, it } from "@effect/vitest"
import { cookieOf, refresh } from "@kite/testkit/accounts/Sessions"
import { post, send, signUp } from "@kite/testkit/http/Client"
import { TestServer } from "@kite/testkit/http/TestServer"
import { Array, Effect } from "effect"

const refreshFrom = (address: string, cookie: string) =>
  send("/api/auth/refresh", {
    method: "POST",
    headers: { "sec-fetch-site": "same-origin", "x-forwarded-for": address, cookie }
  })

const address = "203.0.113.9"

it.live("a flood of logins from an address stops no refresh from there", () =>
  Effect.gen(function* () {
    const user = yield* signUp
    const logIn = post(
      "/api/auth/login",
      { email: "nobody@example.org", password: "x" },
      { "x-forwarded-for": address }
    )
    const flood = yield* Effect.all(Array.makeBy(20, () => logIn))
    assert.strictEqual(flood.at(-1)?.status, 429)
    let { cookie } = user
    for (let n = 0; n < 20; n++) {
      const answer = yield* refreshFrom(address, cookie)
      assert.strictEqual(answer.status, 200)
      assert.match(
        answer.headers.get("ratelimit-policy") ?? "",
        /^"refresh-session";q=30;w=60, "refresh-ip";q=300;w=60$/
      )
      cookie = cookieOf(answer)
    }
  }).pipe(
    Effect.provide(
      TestServer.layerWith({
        RATE_LIMIT_AUTH_IP: "10/1m",
        RATE_LIMIT_REFRESH_SESSION: "30/1m",
        RATE_LIMIT_REFRESH_IP: "300/1m"
      })
    )
  )
)

it.live("a session is refreshed within its limit from any address, and costs no other session anything", () =>
  Effect.gen(function* () {
    const [user, other] = [yield* signUp, yield* signUp]
    let { cookie } = user
    for (let n = 0; n < 5; n++) {
      const answer = yield* refreshFrom(`203.0.113.${n}`, cookie)
      assert.strictEqual(answer.status, 200)
      cookie = cookieOf(answer)
    }
    const refused = yield* refreshFrom("198.51.100.1", cookie)
    assert.strictEqual(refused.status, 429)
    assert.deepStrictEqual(refused.json["violated-policies"], ["refresh-session"])
    assert.deepStrictEqual(refused.headers.getSetCookie(), [])
    assert.strictEqual((yield* refreshFrom(address, other.cookie)).status, 200)
    const again = yield* post("/api/auth/login", { email: user.email, password: user.password })
    assert.strictEqual((yield* refresh(cookieOf(again))).status, 200)
  }).pipe(Effect.provide(TestServer.layerWith({ RATE_LIMIT_REFRESH_SESSION: "5/1m" })))
)

it.live("refreshes without a valid token are limited by address", () =>
  Effect.gen(function* () {
    const invented = (n: number) => refreshFrom(address, `__Host-kite_refresh=${String(n).padStart(43, "0")}`)
    const missing = refreshFrom(address, "")
    const answers = yield* Effect.all([...Array.makeBy(4, invented), missing, missing])
    assert.deepStrictEqual(
      answers.map(({ status }) => status),
      [401, 401, 401, 401, 401, 429]
    )
    assert.deepStrictEqual(answers[5]?.json["violated-policies"], ["refresh-ip"])
  }).pipe(Effect.provide(TestServer.layerWith({ RATE_LIMIT_REFRESH_IP: "5/1m" })))
)

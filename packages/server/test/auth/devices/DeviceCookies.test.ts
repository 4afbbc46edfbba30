import { assert } from "@effect/vitest"
import { SecureCookies } from "@kite/server/auth/sessions/RefreshCookie"
import { logIn, refresh } from "@kite/testkit/accounts/Sessions"
import { post, send, signUp } from "@kite/testkit/http/Client"
import { TestServer } from "@kite/testkit/http/TestServer"
import { suite } from "@kite/testkit/Suite"
import { Effect, Layer } from "effect"
import { deviceCookieOf, deviceOf } from "./Devices.ts"

const valueOf = (cookie: string) => cookie.slice(cookie.indexOf("=") + 1)
const withDevice = (cookie: string) => ({ cookie })

suite(TestServer.layer)("a device cookie", (it) => {
  it.effect("comes with a login, lasts a year, and goes to no endpoint but login", () =>
    Effect.gen(function* () {
      const [pair = "", ...attributes] = deviceCookieOf(yield* logIn(yield* signUp))
      assert.match(pair, /^__Secure-kite_device=[\w-]{22}\.[\w-]{43}$/)
      assert.sameMembers(attributes, [
        "HttpOnly",
        "Secure",
        "SameSite=Strict",
        "Path=/api/auth/login",
        "Max-Age=31536000"
      ])
    })
  )

  it.effect("is set by a successful login alone", () =>
    Effect.gen(function* () {
      const user = yield* signUp
      const cookie = deviceOf(yield* logIn(user))
      const answers = [
        yield* logIn({ ...user, password: "not the password" }),
        yield* logIn({ ...user, password: "not the password" }, withDevice(cookie)),
        yield* logIn({ email: "nobody@example.org", password: user.password }),
        yield* logIn(user, { origin: "https://evil.example" }),
        yield* refresh(user.cookie),
        yield* send("/api/auth/me", { headers: user.authorization }),
        yield* post("/api/auth/register", { email: "device@example.org", password: user.password })
      ]
      for (const answer of answers) assert.isEmpty(deviceOf(answer))
    })
  )

  it.effect("keeps its device, and names no account", () =>
    Effect.gen(function* () {
      const user = yield* signUp
      const [first, other] = [deviceOf(yield* logIn(user)), deviceOf(yield* logIn(user))]
      assert.strictEqual(deviceOf(yield* logIn(user, withDevice(first))), first)
      assert.notStrictEqual(first, other)
      for (const part of valueOf(first).split(".")) assert.notInclude(valueOf(other), part)
      assert.notInclude(Buffer.from(valueOf(first), "base64url").toString(), user.email)
    })
  )

  it.effect("serves the last eight accounts of a browser", () =>
    Effect.gen(function* () {
      const users = yield* Effect.replicateEffect(signUp, 10)
      let cookie = ""
      const signatures: Array<string> = []
      for (const user of users) {
        cookie = deviceOf(yield* logIn(user, withDevice(cookie)))
        signatures.unshift(valueOf(cookie).split(".")[1] ?? "")
      }
      assert.deepStrictEqual(valueOf(cookie).split(".").slice(1), signatures.slice(0, 8))
      const again = deviceOf(yield* logIn(users[5] ?? assert.fail(), withDevice(cookie)))
      assert.sameMembers(valueOf(again).split("."), valueOf(cookie).split("."))
    })
  )

  it.effect("that is malformed is replaced by a new one", () =>
    Effect.gen(function* () {
      const user = yield* signUp
      for (const value of ["", "x", `${"a".repeat(22)}.short`, `${"a".repeat(22)}${`.${"b".repeat(43)}`.repeat(9)}`]) {
        const cookie = deviceOf(yield* logIn(user, withDevice(`__Secure-kite_device=${value}`)))
        assert.match(cookie, /^__Secure-kite_device=[\w-]{22}\.[\w-]{43}$/)
        assert.notInclude(cookie, "aaaa")
      }
    })
  )
})

const plain = TestServer.layer.pipe(Layer.provide(Layer.succeed(SecureCookies, false)))

suite(plain)("a device cookie on plain http", (it) => {
  it.effect("has no Secure, as the refresh cookie there", () =>
    Effect.gen(function* () {
      const answer = yield* logIn(yield* signUp)
      const [pair = "", ...attributes] = deviceCookieOf(answer)
      assert.match(pair, /^kite_device=[\w-]{22}\.[\w-]{43}$/)
      assert.notInclude(attributes, "Secure")
    })
  )
})

const crossOrigin = TestServer.layerWith({ CORS_ORIGINS: "https://app.example.org" })

suite(crossOrigin)("a login from an allowed origin", (it) => {
  it.effect("sends and gets its cookies", () =>
    Effect.gen(function* () {
      const origin = "https://app.example.org"
      const user = yield* signUp
      const answer = yield* logIn(user, { origin })
      assert.strictEqual(answer.headers.get("access-control-allow-origin"), origin)
      assert.strictEqual(answer.headers.get("access-control-allow-credentials"), "true")
      assert.strictEqual(deviceOf(yield* logIn(user, { origin, ...withDevice(deviceOf(answer)) })), deviceOf(answer))
    })
  )
})

const otherSecret = (secret: string) => TestServer.layerWith({ TOKEN_SECRET: secret })

suite(otherSecret("the first secret of these two tests"))("a device cookie", (it) => {
  it.effect("is signed with a key from TOKEN_SECRET: under another one it is a stranger's", () =>
    Effect.gen(function* () {
      const user = { email: "secret@example.org", password: "up, up and away 9" }
      const logInAnew = Effect.andThen(post("/api/auth/register", user), logIn(user))
      const elsewhere = yield* Effect.provide(
        logInAnew,
        Layer.fresh(otherSecret("the second secret of these two tests"))
      )
      const here = yield* logInAnew
      const policyOf = (cookie: string) =>
        Effect.map(logIn(user, withDevice(cookie)), ({ headers }) => headers.get("ratelimit-policy") ?? "")
      assert.include(yield* policyOf(deviceOf(here)), "login-device")
      assert.include(yield* policyOf(deviceOf(elsewhere)), "login-account")
    })
  )
})

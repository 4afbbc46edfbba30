import { assert } from "@effect/vitest"
import { cookieOf, logIn } from "@kite/testkit/accounts/Sessions"
import { type Answer, post, send, signUp } from "@kite/testkit/http/Client"
import { assertProblem } from "@kite/testkit/http/Problem"
import { TestServer } from "@kite/testkit/http/TestServer"
import { suite } from "@kite/testkit/Suite"
import { Effect } from "effect"

const foreign = [
  { origin: "https://evil.example" },
  { origin: "null" },
  { origin: "" },
  { origin: "not a URL" },
  { origin: "https://evil.example", "sec-fetch-site": "same-origin" },
  { "sec-fetch-site": "cross-site" },
  { "sec-fetch-site": "same-site" },
  { "sec-fetch-site": "none" }
]

const call = (path: string, cookie: string, headers: Readonly<Record<string, string>>) =>
  send(path, { method: "POST", headers: { cookie, ...headers } })

const assertRefused = (answer: Answer, headers: object) => {
  assertProblem(answer, 403, "foreign-origin")
  assert.deepStrictEqual(answer.headers.getSetCookie(), [], JSON.stringify(headers))
}

suite(TestServer.layer)("a cookie endpoint without PUBLIC_URL", (it) => {
  it.effect("refuses other sites, and requests without an origin; the session stays as it was", () =>
    Effect.gen(function* () {
      const { cookie } = yield* signUp
      for (const headers of [...foreign, {}]) {
        assertRefused(yield* call("/api/auth/refresh", cookie, headers), headers)
        assertRefused(yield* call("/api/auth/logout", cookie, headers), headers)
      }
      assert.strictEqual((yield* call("/api/auth/refresh", cookie, { "sec-fetch-site": "same-origin" })).status, 200)
    })
  )

  it.effect("accepts the host that the request is addressed to as its origin", () =>
    Effect.gen(function* () {
      const { url } = yield* TestServer
      const { cookie } = yield* signUp
      const { port } = new URL(url)
      for (const other of [url.replace(port, String(Number(port) - 1)), url.replace(`:${port}`, "")]) {
        assertRefused(yield* call("/api/auth/refresh", cookie, { origin: other }), { origin: other })
      }
      const answer = yield* call("/api/auth/refresh", cookie, { origin: url })
      assert.strictEqual(answer.status, 200)
      assert.strictEqual((yield* call("/api/auth/logout", cookieOf(answer), { origin: url })).status, 204)
    })
  )

  it.effect("that starts a session accepts clients that are not browsers and refuses other sites", () =>
    Effect.gen(function* () {
      const user = yield* signUp
      assert.strictEqual((yield* logIn(user)).status, 200)
      for (const headers of foreign) assertRefused(yield* logIn(user, headers), headers)
    })
  )
})

const configured = TestServer.layerWith({
  PUBLIC_URL: "https://kite.example",
  CORS_ORIGINS: "https://app.example, http://localhost:3000"
})

suite(configured)("a cookie endpoint with PUBLIC_URL", (it) => {
  it.effect("accepts that origin and those of CORS_ORIGINS, and no similar ones", () =>
    Effect.gen(function* () {
      const { url } = yield* TestServer
      let { cookie } = yield* signUp
      for (const origin of ["https://kite.example", "https://app.example", "http://localhost:3000"]) {
        const answer = yield* call("/api/auth/refresh", cookie, { origin })
        assert.strictEqual(answer.status, 200, origin)
        cookie = cookieOf(answer)
      }
      for (const origin of [
        url,
        "http://kite.example",
        "https://kite.example:8443",
        "https://kite.example.evil.example",
        "https://evil-kite.example",
        "https://kite.example/",
        "HTTPS://KITE.EXAMPLE"
      ]) {
        assertRefused(yield* call("/api/auth/refresh", cookie, { origin }), { origin })
      }
    })
  )
})

suite(TestServer.layer)("every other endpoint", (it) => {
  it.effect("requires the bearer header; the cookie alone is not enough", () =>
    Effect.gen(function* () {
      const { url } = yield* TestServer
      const { cookie, password } = yield* signUp
      const headers = { cookie, origin: url, "sec-fetch-site": "same-origin" }
      for (const path of ["/api/auth/me", "/api/documents"]) {
        assertProblem(yield* send(path, { headers }), 401, "unauthenticated")
      }
      const body = { currentPassword: password, newPassword: "something entirely new" }
      assertProblem(yield* post("/api/auth/password", body, headers), 401, "unauthenticated")
      assertProblem(yield* post("/api/auth/logout-all", "", headers), 401, "unauthenticated")
    })
  )

  it.effect("accepts JSON only as application/json, which no form of another site can send", () =>
    Effect.gen(function* () {
      const user = yield* signUp
      const body = JSON.stringify({ email: user.email, password: user.password })
      for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]) {
        const answer = yield* send("/api/auth/login", { method: "POST", headers: { "content-type": type }, body })
        assert.include([400, 415], answer.status, type)
      }
    })
  )
})

import { assert } from "@effect/vitest"
import { logIn, refresh } from "@kite/testkit/accounts/Sessions"
import { post, send, signUp } from "@kite/testkit/http/Client"
import { assertProblem } from "@kite/testkit/http/Problem"
import { sendRaw } from "@kite/testkit/http/RawSocket"
import { TestServer } from "@kite/testkit/http/TestServer"
import { suite } from "@kite/testkit/Suite"
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

const hostile = [
  "' OR '1'='1",
  "'; DROP TABLE users; --",
  "\\'; SELECT pg_sleep(10); --",
  '{"$gt":""}',
  "%27%20OR%201%3D1",
  "\u0000",
  "\uD800",
  "../../etc/passwd",
  "<script>alert(1)</script>"
]

const requestOf = (...headers: ReadonlyArray<string>) =>
  ["GET /api/auth/me HTTP/1.1", "Host: kite", "Connection: close", ...headers, "", ""].join("\r\n")

suite(TestServer.layer)("the auth endpoints, with bad input,", (it) => {
  it.effect("treat SQL and other hostile text in every field as plain text", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const user = yield* signUp
      const before = yield* sql`SELECT * FROM users ORDER BY id`
      for (const text of hostile) {
        const answers = [
          yield* post("/api/auth/register", { email: text, password: text }),
          yield* post("/api/auth/register", { email: `${text}@x`, password: user.password }),
          yield* post("/api/auth/login", { email: text, password: text }),
          yield* post("/api/auth/login", { email: `${text}${user.email}`, password: user.password }),
          yield* logIn({ ...user, password: text }),
          yield* post("/api/auth/password", { currentPassword: text, newPassword: text }, user.authorization),
          yield* post("/api/auth/password-reset", { email: text }),
          yield* post("/api/auth/password-reset/confirm", { token: text, newPassword: "something new" })
        ]
        for (const { status } of answers) assert.include([400, 401, 403], status, text)
      }
      for (const text of hostile)
        assert.include([401], (yield* refresh(`__Host-kite_refresh=${encodeURIComponent(text.toWellFormed())}`)).status)
      assert.deepStrictEqual(yield* sql`SELECT * FROM users ORDER BY id`, before)
    })
  )

  it.effect("refuse passwords of 10,000 characters before hashing, and accept 128 characters of any width", () =>
    Effect.gen(function* () {
      const long = "x".repeat(10_000)
      const user = yield* signUp
      const answers = [
        yield* post("/api/auth/register", { email: "long@example.org", password: long }),
        yield* logIn({ ...user, password: long }),
        yield* post("/api/auth/password", { currentPassword: long, newPassword: "something new" }, user.authorization),
        yield* post("/api/auth/password", { currentPassword: user.password, newPassword: long }, user.authorization),
        yield* post("/api/auth/password-reset/confirm", { token: "A".repeat(43), newPassword: long })
      ]
      for (const answer of answers) {
        assertProblem(answer, 400, "invalid-request")
        assert.notInclude(answer.text, "xxxx")
      }
      const wide = {
        email: "wide@example.org",
        password: Array.from({ length: 128 }, (_, i) => String.fromCodePoint(0x1f300 + i)).join("")
      }
      assert.strictEqual((yield* post("/api/auth/register", wide)).status, 201)
      assert.strictEqual((yield* logIn(wide)).status, 200)
    })
  )

  it.effect("refuse two Authorization headers, even two valid ones", () =>
    Effect.gen(function* () {
      const { authorization } = (yield* signUp).authorization
      assert.strictEqual((yield* sendRaw(requestOf(`Authorization: ${authorization}`))).status, 200)
      for (const other of [authorization, "Bearer x", "Basic eDp5"]) {
        for (const pair of [
          [authorization, other],
          [other, authorization]
        ]) {
          const answer = yield* sendRaw(requestOf(...pair.map((value) => `Authorization: ${value}`)))
          assertProblem(answer, 401, "unauthenticated")
        }
      }
    })
  )

  it.effect("refuse a token of 1 MB in a header, cookie or body, without reading all of it", () =>
    Effect.gen(function* () {
      const token = "A".repeat(1_000_000)
      assertProblem(yield* sendRaw(requestOf(`Authorization: Bearer ${token}`)), 431, "headers-too-large", null)
      assertProblem(yield* sendRaw(requestOf(`Cookie: __Host-kite_refresh=${token}`)), 431, "headers-too-large", null)
      const confirm = { token, newPassword: "something entirely new" }
      assertProblem(yield* post("/api/auth/password-reset/confirm", confirm), 413, "body-too-large")
    })
  )

  it.effect("accept no credential in the query or in another header", () =>
    Effect.gen(function* () {
      const user = yield* signUp
      const token = user.authorization.authorization
      const value = user.cookie.split("=")[1] ?? ""
      for (const headers of [
        { "x-access-token": token },
        { "proxy-authorization": token },
        { cookie: `authorization=${token}` }
      ]) {
        assertProblem(yield* send("/api/auth/me", { headers }), 401, "unauthenticated")
      }
      for (const cookie of ["kite_refresh", "__Secure-kite_refresh", "__host-kite_refresh"]) {
        assertProblem(yield* refresh(`${cookie}=${value}`), 401, "invalid-session")
      }
      assertProblem(yield* refresh(`x=y?__Host-kite_refresh=${value}`), 401, "invalid-session")
    })
  )
})

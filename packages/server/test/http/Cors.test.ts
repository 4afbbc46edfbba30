import { assert } from "@effect/vitest"
import { type Answer, send, signUp } from "@kite/testkit/http/Client"
import { TestServer } from "@kite/testkit/http/TestServer"
import { suite } from "@kite/testkit/Suite"
import { Effect } from "effect"

const app = "https://app.example"
const preflight = (path: string, origin: string, method: string) =>
  send(path, {
    method: "OPTIONS",
    headers: { origin, "access-control-request-method": method, "access-control-request-headers": "authorization" }
  })

const corsHeaders = ({ headers }: Answer) => [...headers.keys()].filter((name) => name.startsWith("access-control-"))
const allowsOrigin = ({ headers }: Answer) => headers.get("access-control-allow-origin")
const words = (answer: Answer, name: string) => (answer.headers.get(name) ?? "").toLowerCase().split(/,\s*/)

const open = TestServer.layerWith({ CORS_ORIGINS: `${app},http://localhost:3000` })

suite(open)("CORS with CORS_ORIGINS", (it) => {
  it.effect("allows preflight requests of the listed origins, for each method and header of the API", () =>
    Effect.gen(function* () {
      for (const path of ["/api/documents", "/api/documents/01a20547-7f9d-76a0-9327-1ddeec11e89a", "/api/auth/login"]) {
        const answer = yield* preflight(path, app, "PATCH")
        assert.strictEqual(answer.status, 204)
        assert.strictEqual(allowsOrigin(answer), app)
        assert.strictEqual(answer.headers.get("access-control-allow-credentials"), "true")
        assert.includeMembers(words(answer, "access-control-allow-methods"), ["get", "post", "patch", "delete"])
        assert.includeMembers(words(answer, "access-control-allow-headers"), [
          "authorization",
          "content-type",
          "idempotency-key",
          "range"
        ])
        assert.strictEqual(answer.headers.get("access-control-max-age"), "600")
        assert.include(words(answer, "vary"), "origin")
        assert.isTrue(answer.headers.has("x-correlation-id"))
      }
    })
  )

  it.effect("lets those origins read responses, errors too, and the headers they need", () =>
    Effect.gen(function* () {
      const { authorization } = yield* signUp
      for (const [path, status] of [
        ["/api/documents", 200],
        ["/api/nothing", 404]
      ] as const) {
        const answer = yield* send(path, { headers: { ...authorization, origin: app } })
        assert.strictEqual(answer.status, status)
        assert.strictEqual(allowsOrigin(answer), app)
        assert.includeMembers(words(answer, "access-control-expose-headers"), ["etag", "location", "x-correlation-id"])
        assert.include(words(answer, "vary"), "origin")
      }
      const refused = yield* send("/api/documents", { headers: { origin: app } })
      assert.deepStrictEqual([refused.status, allowsOrigin(refused)], [401, app])
    })
  )

  it.effect("allows other origins nothing", () =>
    Effect.gen(function* () {
      for (const origin of ["https://evil.example", "https://app.example.evil.example", "http://app.example", "null"]) {
        assert.isNull(allowsOrigin(yield* preflight("/api/documents", origin, "GET")), origin)
        assert.isNull(allowsOrigin(yield* send("/health/live", { headers: { origin } })), origin)
      }
    })
  )

  it.effect("leaves other OPTIONS requests and wrong methods at 405", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* send("/api/auth/login", { method: "OPTIONS" })).status, 405)
      const answer = yield* send("/api/auth/login", { method: "DELETE", headers: { origin: app } })
      assert.deepStrictEqual([answer.status, answer.headers.get("allow"), allowsOrigin(answer)], [405, "POST", app])
    })
  )
})

suite(TestServer.layer)("CORS without CORS_ORIGINS", (it) => {
  it.effect("sends no CORS headers", () =>
    Effect.gen(function* () {
      const answer = yield* preflight("/api/documents", app, "GET")
      assert.strictEqual(answer.status, 405)
      assert.deepStrictEqual(corsHeaders(answer), [])
      assert.deepStrictEqual(corsHeaders(yield* send("/health/live", { headers: { origin: app } })), [])
    })
  )
})

import { assert } from "@effect/vitest"
import { audit, signUpAdmin } from "@kite/testkit/accounts/Admins"
import { eventually } from "@kite/testkit/Eventually"
import { type Caller, post, send, sendAs, signUp } from "@kite/testkit/http/Client"
import { TestServer } from "@kite/testkit/http/TestServer"
import { suite } from "@kite/testkit/Suite"
import { Effect } from "effect"

const refusals = (admin: Caller, count: number) =>
  eventually(
    Effect.map(audit(admin, { action: "request_refused" }), ({ json }) => json.items as ReadonlyArray<any>),
    (items) => items.length >= count
  )

const limited = TestServer.layerWith({ RATE_LIMIT_ACCOUNT: "6/1h", RATE_LIMIT_PASSWORD_RESET_IP: "2/1h" })

suite(TestServer.layer)("a refused request", (it) => {
  it.effect("is recorded once per kind and account: who, where and what, no more", () =>
    Effect.gen(function* () {
      const admin = yield* signUpAdmin
      const [user, other] = [yield* signUp, yield* signUp]
      const first = yield* sendAs(user, "/api/admin/users?email=secret@example.org")
      for (let count = 0; count < 5; count++) yield* sendAs(user, "/api/admin/users")
      yield* sendAs(user, "/api/admin/audit")
      yield* sendAs(other, "/api/admin/audit")
      const items = yield* refusals(admin, 2)
      assert.deepStrictEqual(items.map(({ actorId }) => actorId).sort(), [user.id, other.id].sort())
      const [entry] = items.filter(({ actorId }) => actorId === user.id)
      assert.deepInclude(entry, {
        subject: null,
        clientIp: "127.0.0.1",
        correlationId: first.headers.get("x-correlation-id"),
        details: { status: 403, problem: "forbidden", route: "/api/admin/users" }
      })
    })
  )

  it.effect("is recorded for its address if nobody is authenticated", () =>
    Effect.gen(function* () {
      const admin = yield* signUpAdmin
      const before = (yield* refusals(admin, 0)).length
      const foreign = { method: "POST", headers: { origin: "https://evil.example" } }
      for (let count = 0; count < 3; count++) yield* send("/api/auth/refresh", foreign)
      const [entry] = yield* refusals(admin, before + 1)
      assert.deepInclude(entry, { actorId: null, clientIp: "127.0.0.1" })
      assert.deepStrictEqual(entry.details, { status: 403, problem: "foreign-origin", route: "/api/auth/refresh" })
    })
  )
})

suite(limited)("a request over its limit", (it) => {
  it.effect("is recorded with its policy, once per account or address", () =>
    Effect.gen(function* () {
      const admin = yield* signUpAdmin
      const user = yield* signUp
      for (let count = 0; count < 9; count++) yield* sendAs(user, "/api/documents")
      for (let count = 0; count < 4; count++) yield* post("/api/auth/password-reset", { email: "no@example.org" })
      const items = yield* refusals(admin, 2)
      assert.deepStrictEqual(
        items.map(({ actorId, details: { status, policies } }) => [actorId, status, policies]).sort(),
        [
          [user.id, 429, "account"],
          [null, 429, "password-reset-ip"]
        ].sort()
      )
    })
  )
})

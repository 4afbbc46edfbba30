import { assert } from "@effect/vitest"
import { logIn } from "@kite/testkit/accounts/Sessions"
import { post, send, signUp } from "@kite/testkit/http/Client"
import { assertProblem } from "@kite/testkit/http/Problem"
import { TestServer } from "@kite/testkit/http/TestServer"
import { suite } from "@kite/testkit/Suite"
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

const password = "up, up and away 9"

suite(TestServer.layer)("accounts", (it) => {
  it.effect("do not exist in a new kite", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      assert.deepStrictEqual(yield* sql`SELECT id FROM users`, [])
    })
  )

  it.effect("keep their password for years", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const user = yield* signUp
      yield* sql`UPDATE users SET created_at = created_at - interval '20 years' WHERE id = ${user.id}`
      assert.strictEqual((yield* logIn(user)).status, 200)
    })
  )

  it.effect(
    "are created with a normalised e-mail and an unused quota, and the response does not show the password",
    () =>
      Effect.gen(function* () {
        const { status, json } = yield* post("/api/auth/register", { email: "  Anna@Example.ORG ", password })
        assert.strictEqual(status, 201)
        const { id, createdAt, ...rest } = json
        assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7/)
        assert.isFalse(Number.isNaN(Date.parse(createdAt)))
        assert.deepStrictEqual(rest, {
          email: "anna@example.org",
          role: "user",
          quota: { usedBytes: 0, limitBytes: 100_000_000 }
        })
      })
  )

  it.effect("are unique per e-mail, in every spelling", () =>
    Effect.gen(function* () {
      yield* post("/api/auth/register", { email: "twice@example.org", password })
      for (const email of ["twice@example.org", "TWICE@example.org", "ｔｗｉｃｅ@example.org", " twice@example．org"]) {
        assertProblem(yield* post("/api/auth/register", { email, password }), 409, "email-taken")
      }
    })
  )

  it.effect("never get a role from the client", () =>
    Effect.gen(function* () {
      const registration = { email: "role@example.org", password }
      assertProblem(yield* post("/api/auth/register", { ...registration, role: "admin" }), 400, "invalid-request")
      const { json } = yield* post("/api/auth/register", registration)
      assert.strictEqual(json.role, "user")
    })
  )

  it.effect("are shown to their owner", () =>
    Effect.gen(function* () {
      const user = yield* signUp
      const { status, json } = yield* send("/api/auth/me", { headers: user.authorization })
      assert.strictEqual(status, 200)
      assert.deepInclude(json, { id: user.id, email: user.email, role: "user" })
    })
  )

  it.effect("refuse passwords that are short, long, common or like the e-mail, and say why", () =>
    Effect.gen(function* () {
      const register = (given: string) =>
        post("/api/auth/register", { email: "franziska@example.org", password: given })
      for (const given of ["elevenchars", "x".repeat(129)]) {
        const answer = yield* register(given)
        assertProblem(answer, 400, "invalid-request")
        assert.deepStrictEqual(answer.json.errors, [
          { path: ["payload", "password"], message: "must have 12 to 128 characters" }
        ])
      }
      for (const given of [
        "password1234",
        "P@ssw0rd2026!",
        "aaaaaaaaaaaaa",
        "my franziska@example.org",
        "franziska2026"
      ]) {
        assertProblem(yield* register(given), 400, "weak-password")
      }
    })
  )

  it.effect("accept a password of any characters unchanged, including white space at its ends", () =>
    Effect.gen(function* () {
      const user = { email: "spaces@example.org", password: " 🪁 blåbær ПРИВЕТ " }
      assert.strictEqual((yield* post("/api/auth/register", user)).status, 201)
      assert.strictEqual((yield* logIn(user)).status, 200)
      assertProblem(yield* logIn({ ...user, password: user.password.trim() }), 401, "invalid-credentials")
    })
  )

  it.effect("respond to a wrong password and an unknown e-mail alike", () =>
    Effect.gen(function* () {
      const user = yield* signUp
      const answers = [
        yield* logIn({ ...user, password: "something else" }),
        yield* logIn({ ...user, email: "unknown@example.org" })
      ]
      for (const answer of answers) assertProblem(answer, 401, "invalid-credentials")
      const [wrong, unknown] = answers.map(({ json: { correlationId: _, ...rest } }) => rest)
      assert.deepStrictEqual(wrong, unknown)
    })
  )
})

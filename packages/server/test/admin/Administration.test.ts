import { assert } from "@effect/vitest"
import { actionsOn, changeUser, createUser, forcePasswordReset, signUpAdmin } from "@kite/testkit/accounts/Admins"
import { logIn, refresh, statusOfMe } from "@kite/testkit/accounts/Sessions"
import { post, sendAs, signUp, upload } from "@kite/testkit/http/Client"
import { assertProblem } from "@kite/testkit/http/Problem"
import { TestServer } from "@kite/testkit/http/TestServer"
import { nextMailTo, resetTokenOf } from "@kite/testkit/mail/Mails"
import { suite } from "@kite/testkit/Suite"
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

const unknown = "01977a5e-8c2b-7000-8000-000000000000"
const password = "up, up and away 9"
const tokenOf = ({ authorization }: { authorization: { authorization: string } }) =>
  authorization.authorization.slice("Bearer ".length)

suite(TestServer.layer)("accounts, to an admin", (it) => {
  it.effect("are listed newest first, each once, page by page", () =>
    Effect.gen(function* () {
      const admin = yield* signUpAdmin
      const made = [yield* signUp, yield* signUp, yield* signUp].map(({ id }) => id).reverse()
      const found: Array<any> = []
      let cursor: string | null = ""
      while (cursor !== null) {
        const page: { json: any } = yield* sendAs(admin, `/api/admin/users?limit=2${cursor && `&cursor=${cursor}`}`)
        assert.isAtMost(page.json.items.length, 2)
        found.push(...page.json.items)
        cursor = page.json.nextCursor
      }
      const ids = found.map(({ id }) => id)
      assert.deepStrictEqual(ids.slice(0, 3), made)
      assert.strictEqual(new Set(ids).size, ids.length)
      assert.include(ids, admin.id)
    })
  )

  it.effect("are found by their e-mail, in any spelling", () =>
    Effect.gen(function* () {
      const admin = yield* signUpAdmin
      const user = yield* signUp
      const find = (email: string) => sendAs(admin, `/api/admin/users?${new URLSearchParams({ email })}`)
      const { json } = yield* find(user.email.toUpperCase())
      assert.strictEqual(json.nextCursor, null)
      const [{ createdAt, ...found }] = json.items
      assert.isFalse(Number.isNaN(Date.parse(createdAt)))
      assert.deepStrictEqual(found, {
        id: user.id,
        email: user.email,
        role: "user",
        active: true,
        quota: { usedBytes: 0, limitBytes: 100_000_000 }
      })
      assert.deepStrictEqual((yield* find("nobody@example.org")).json, { items: [], nextCursor: null })
    })
  )

  it.effect("are created with a role and a quota, and can log in", () =>
    Effect.gen(function* () {
      const admin = yield* signUpAdmin
      const given = { email: "Made@example.org", password, role: "admin", limitBytes: 5 }
      const { status, json } = yield* createUser(admin, given)
      assert.strictEqual(status, 201)
      assert.deepInclude(json, { email: "made@example.org", role: "admin", active: true })
      assert.deepStrictEqual(json.quota, { usedBytes: 0, limitBytes: 5 })
      assert.strictEqual((yield* logIn(given)).json.user.role, "admin")
      assertProblem(yield* createUser(admin, given), 409, "email-taken")
      assertProblem(
        yield* createUser(admin, { email: "x@example.org", password: "password1234" }),
        400,
        "weak-password"
      )
      const plain = yield* createUser(admin, { email: "plain@example.org", password })
      assert.deepInclude(plain.json, { role: "user", quota: { usedBytes: 0, limitBytes: 100_000_000 } })
    })
  )

  it.effect("that are deactivated lose every session at once, and can log in again after reactivation", () =>
    Effect.gen(function* () {
      const admin = yield* signUpAdmin
      const user = yield* signUp
      const { status, json } = yield* changeUser(admin, user.id, { active: false })
      assert.deepStrictEqual([status, json.active, json.warnings], [200, false, []])
      assert.strictEqual(yield* statusOfMe(tokenOf(user)), 401)
      assertProblem(yield* refresh(user.cookie), 401, "invalid-session")
      assertProblem(yield* logIn(user), 401, "invalid-credentials")
      yield* changeUser(admin, user.id, { active: true })
      assert.strictEqual((yield* logIn(user)).status, 200)
      assert.strictEqual(yield* statusOfMe(tokenOf(user)), 401, "ended sessions stay ended")
      const actions = yield* actionsOn(admin, user.id)
      assert.deepStrictEqual(actions.slice(2), ["user_deactivated", "login_failed", "user_reactivated", "login"])
    })
  )

  it.effect("keep their documents when their quota is set below its use; the response has a warning", () =>
    Effect.gen(function* () {
      const admin = yield* signUpAdmin
      const user = yield* signUp
      yield* upload(user, "hello world")
      const lowered = yield* changeUser(admin, user.id, { limitBytes: 10 })
      assert.deepStrictEqual(lowered.json.quota, { usedBytes: 11, limitBytes: 10 })
      assert.deepStrictEqual(lowered.json.warnings, ["quota-below-use"])
      assertProblem(yield* upload(user, "more"), 413, "quota-exceeded")
      assert.strictEqual((yield* sendAs(user, "/api/documents")).json.items.length, 1)
      const raised = yield* changeUser(admin, user.id, { limitBytes: 15 })
      assert.deepStrictEqual(raised.json.warnings, [])
      assert.strictEqual((yield* upload(user, "more")).status, 201)
    })
  )

  it.effect("lose the admin's rights with the role, in open sessions too", () =>
    Effect.gen(function* () {
      const [admin, other] = [yield* signUpAdmin, yield* signUpAdmin]
      const { json } = yield* changeUser(admin, other.id, { role: "user" })
      assert.strictEqual(json.role, "user")
      assertProblem(yield* sendAs(other, "/api/admin/users"), 401, "unauthenticated")
      const again = yield* logIn(other)
      const authorization = { authorization: `Bearer ${again.json.accessToken}` }
      assertProblem(yield* sendAs({ authorization }, "/api/admin/users"), 403, "forbidden")
    })
  )

  it.effect("must choose a new password after a forced reset: the old one and every session end", () =>
    Effect.gen(function* () {
      const admin = yield* signUpAdmin
      const user = yield* signUp
      yield* post("/api/auth/password-reset", { email: user.email })
      const older = resetTokenOf(yield* nextMailTo(user.email))
      assert.strictEqual((yield* forcePasswordReset(admin, user.id)).status, 202)
      const refused = yield* post("/api/auth/password-reset/confirm", { token: older, newPassword: password })
      assertProblem(refused, 400, "invalid-reset-token")
      assert.strictEqual(yield* statusOfMe(tokenOf(user)), 401)
      assertProblem(yield* refresh(user.cookie), 401, "invalid-session")
      assertProblem(yield* logIn(user), 401, "invalid-credentials")
      const token = resetTokenOf(yield* nextMailTo(user.email))
      const confirmed = yield* post("/api/auth/password-reset/confirm", { token, newPassword: password })
      assert.strictEqual(confirmed.status, 204)
      assert.strictEqual((yield* logIn({ ...user, password })).status, 200)
    })
  )

  it.effect("that do not exist are not found", () =>
    Effect.gen(function* () {
      const admin = yield* signUpAdmin
      for (const change of [{ active: false }, { role: "admin" }, { limitBytes: 1 }]) {
        assertProblem(yield* changeUser(admin, unknown, change), 404, "not-found")
      }
      assertProblem(yield* forcePasswordReset(admin, unknown), 404, "not-found")
    })
  )

  it.effect("are changed only in the allowed fields, and only if a field is given", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const admin = yield* signUpAdmin
      const user = yield* signUp
      for (const change of [{}, { limitBytes: -1 }, { limitBytes: 1.5 }, { limitBytes: 2 ** 53 }, { role: "root" }]) {
        assertProblem(yield* changeUser(admin, user.id, change), 400, "invalid-request")
      }
      yield* changeUser(admin, user.id, { limitBytes: 7, email: "new@example.org", passwordHash: "x", usedBytes: 0 })
      const [row] =
        yield* sql`SELECT email, limit_bytes::int, password_hash <> 'x' AS kept FROM users WHERE id = ${user.id}`
      assert.deepStrictEqual(row, { email: user.email, limitBytes: 7, kept: true })
      yield* changeUser(admin, user.id, { limitBytes: 7, active: true, role: "user" })
      assert.deepStrictEqual(
        (yield* actionsOn(admin, user.id)).slice(2),
        ["quota_changed"],
        "what did not change is not recorded"
      )
    })
  )
})

import { assert } from "@effect/vitest"
import { hashOf } from "@kite/server/auth/tokens/OpaqueToken"
import { cookieOf, logIn, logOut, refresh, statusOfMe } from "@kite/testkit/accounts/Sessions"
import { signUp } from "@kite/testkit/http/Client"
import { assertProblem } from "@kite/testkit/http/Problem"
import { TestServer } from "@kite/testkit/http/TestServer"
import { nextMailTo } from "@kite/testkit/mail/Mails"
import { suite } from "@kite/testkit/Suite"
import { Effect, Redacted } from "effect"
import { SqlClient } from "effect/sql"

const hash = (cookie: string) => hashOf(Redacted.make(cookie.slice(cookie.indexOf("=") + 1)))

/** Moves the first use of a token into the past, instead of waiting. */
const age = (cookie: string, seconds: number) =>
  SqlClient.SqlClient.use(
    (sql) =>
      sql`UPDATE refresh_tokens SET used_at = used_at - make_interval(secs => ${seconds}) WHERE hash = ${hash(cookie)}`
  )

const endSessionOf = (cookie: string) =>
  SqlClient.SqlClient.use(
    (sql) => sql`
      UPDATE sessions SET expires_at = now() WHERE id = (SELECT session_id FROM refresh_tokens WHERE hash = ${hash(cookie)})`
  )

const familiesOf = (userId: string) =>
  Effect.map(
    SqlClient.SqlClient.use(
      (sql) => sql<{ n: number }>`SELECT count(*)::int AS n FROM sessions WHERE user_id = ${userId}`
    ),
    ([row]) => row?.n
  )

suite(TestServer.layer)("refresh tokens", (it) => {
  it.effect("come in a cookie that scripts, other sites and plain http cannot read", () =>
    Effect.gen(function* () {
      const user = yield* signUp
      const answer = yield* logIn(user)
      assert.hasAllKeys(answer.json, ["accessToken", "tokenType", "expiresIn", "user"])
      assert.deepInclude(answer.json, { tokenType: "Bearer", expiresIn: 900 })
      const cookies = answer.headers.getSetCookie()
      // The other one is the device's, which is no token.
      assert.lengthOf(cookies, 2)
      const [pair = "", ...attributes] = cookies[0]?.split("; ") ?? []
      assert.match(pair, /^__Host-kite_refresh=[\w-]{43}$/)
      const expires = attributes.find((attribute) => attribute.startsWith("Expires="))
      assert.sameMembers(attributes, ["HttpOnly", "Secure", "SameSite=Strict", "Path=/", expires ?? "Expires"])
      const days = (Date.parse(expires?.slice(8) ?? "") - Date.now()) / 86_400_000
      assert.closeTo(days, 30, 0.01)
      assert.notInclude(answer.text, pair.slice(pair.indexOf("=") + 1))
    })
  )

  it.effect("are stored as hashes only", () =>
    Effect.gen(function* () {
      const { cookie } = yield* signUp
      const next = cookieOf(yield* refresh(cookie))
      const sql = yield* SqlClient.SqlClient
      const rows = yield* sql<{ row: string }>`
        SELECT row_to_json(t)::text || encode(coalesce(successor, ''), 'escape') AS row FROM refresh_tokens t`
      const all = rows.map(({ row }) => row).join()
      for (const secret of [cookie, next]) assert.notInclude(all, secret.slice(secret.indexOf("=") + 1))
      assert.lengthOf(yield* sql`SELECT 1 FROM refresh_tokens WHERE hash = ${hash(next)}`, 1)
    })
  )

  it.effect("are replaced with each use, which does not extend the session", () =>
    Effect.gen(function* () {
      const { cookie } = yield* signUp
      const first = yield* refresh(cookie)
      assert.strictEqual(first.status, 200)
      const second = yield* refresh(cookieOf(first))
      assert.strictEqual(second.status, 200)
      assert.lengthOf(new Set([cookie, cookieOf(first), cookieOf(second)]), 3)
      assert.strictEqual(yield* statusOfMe(second.json.accessToken), 200)
      const expiries = [first, second].map(
        (answer) => /Expires=([^;]+)/.exec(answer.headers.getSetCookie()[0] ?? "")?.[1]
      )
      assert.strictEqual(expiries[0], expiries[1])
    })
  )

  it.effect("have one successor, which concurrent tabs share", () =>
    Effect.gen(function* () {
      const user = yield* signUp
      const tabs = yield* Effect.all(
        Array.from({ length: 8 }, () => refresh(user.cookie)),
        { concurrency: "unbounded" }
      )
      assert.deepStrictEqual(new Set(tabs.map(({ status }) => status)), new Set([200]))
      assert.lengthOf(new Set(tabs.map(cookieOf)), 1)
      assert.strictEqual(yield* familiesOf(user.id), 1)
      assert.strictEqual((yield* refresh(tabs.map(cookieOf)[0] ?? "")).status, 200)
    })
  )

  it.effect("return the session's newest token to a late tab whose successor is already used", () =>
    Effect.gen(function* () {
      const { cookie } = yield* signUp
      const newest = cookieOf(yield* refresh(cookieOf(yield* refresh(cookie))))
      assert.strictEqual(cookieOf(yield* refresh(cookie)), newest)
    })
  )

  it.effect("return their successor for 10 s and no longer", () =>
    Effect.gen(function* () {
      const { cookie } = yield* signUp
      const next = cookieOf(yield* refresh(cookie))
      yield* age(cookie, 8)
      assert.strictEqual(cookieOf(yield* refresh(cookie)), next)
      yield* age(cookie, 2)
      assertProblem(yield* refresh(cookie), 401, "invalid-session")
    })
  )

  it.effect("are kept sealed in their predecessor's row for those 10 s only", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const sealed = (cookie: string) =>
        Effect.map(
          sql<{ kept: boolean }>`SELECT successor IS NOT NULL AS kept FROM refresh_tokens WHERE hash = ${hash(cookie)}`,
          ([row]) => row?.kept
        )
      const { cookie } = yield* signUp
      const second = cookieOf(yield* refresh(cookie))
      const third = cookieOf(yield* refresh(second))
      assert.deepStrictEqual([yield* sealed(cookie), yield* sealed(second)], [true, true])
      yield* age(cookie, 11)
      yield* refresh(third)
      assert.deepStrictEqual([yield* sealed(cookie), yield* sealed(second), yield* sealed(third)], [false, true, true])
    })
  )

  it.effect("end the session and its access tokens when one is reused, and warn the owner by mail", () =>
    Effect.gen(function* () {
      const user = yield* signUp
      const next = yield* refresh(user.cookie)
      yield* age(user.cookie, 11)
      assertProblem(yield* refresh(user.cookie), 401, "invalid-session")
      assertProblem(yield* refresh(cookieOf(next)), 401, "invalid-session")
      assert.strictEqual(yield* statusOfMe(next.json.accessToken), 401)
      const mail = yield* nextMailTo(user.email)
      assert.match(mail.subject, /session was ended/)
      assert.strictEqual((yield* logIn(user)).status, 200)
    })
  )

  it.effect("stop working after logout, which can be repeated", () =>
    Effect.gen(function* () {
      const user = yield* signUp
      const other = yield* logIn(user)
      const answer = yield* logOut(user.cookie)
      assert.strictEqual(answer.status, 204)
      assert.match(answer.headers.getSetCookie()[0] ?? "", /^__Host-kite_refresh=; .*Expires=Thu, 01 Jan 1970/)
      assert.strictEqual((yield* logOut(user.cookie)).status, 204)
      assertProblem(yield* refresh(user.cookie), 401, "invalid-session")
      assert.strictEqual((yield* refresh(cookieOf(other))).status, 200)
    })
  )

  it.effect("stop working when the session expires or the account is deactivated", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const expired = yield* signUp
      yield* endSessionOf(expired.cookie)
      assertProblem(yield* refresh(expired.cookie), 401, "invalid-session")
      const inactive = yield* signUp
      yield* sql`UPDATE users SET active = false WHERE id = ${inactive.id}`
      assertProblem(yield* refresh(inactive.cookie), 401, "invalid-session")
      assertProblem(yield* logIn(inactive), 401, "invalid-credentials")
    })
  )

  it.effect("are refused if they are missing, unknown or malformed", () =>
    Effect.gen(function* () {
      for (const value of ["", "x", "' OR 1=1 --", "a".repeat(10_000), "%00"]) {
        assertProblem(yield* refresh(`__Host-kite_refresh=${value}`), 401, "invalid-session")
      }
      assertProblem(yield* refresh("other=1"), 401, "invalid-session")
    })
  )

  it.effect("that were planted before a login are not used, and a login ends the session of the cookie", () =>
    Effect.gen(function* () {
      const user = yield* signUp
      const planted = `__Host-kite_refresh=${"p".repeat(43)}`
      const answer = yield* logIn(user, { cookie: planted })
      assert.notStrictEqual(cookieOf(answer), planted)
      assertProblem(yield* refresh(planted), 401, "invalid-session")
      const again = yield* logIn(user, { cookie: cookieOf(answer) })
      assert.strictEqual(again.status, 200)
      assertProblem(yield* refresh(cookieOf(answer)), 401, "invalid-session")
      assert.strictEqual(yield* statusOfMe(answer.json.accessToken), 401)
    })
  )
})

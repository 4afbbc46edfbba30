import { assert } from "@effect/vitest"
import { SentMails } from "@kite/adapters/mail/Mailer"
import { logIn, refresh, statusOfMe } from "@kite/testkit/accounts/Sessions"
import { post, send, signUp } from "@kite/testkit/http/Client"
import { assertProblem } from "@kite/testkit/http/Problem"
import { TestServer } from "@kite/testkit/http/TestServer"
import { nextMailTo, recipientsUntil, resetTokenOf } from "@kite/testkit/mail/Mails"
import { suite } from "@kite/testkit/Suite"
import { Effect, Queue, Redacted } from "effect"
import { SqlClient } from "effect/sql"

const next = "something entirely new"

const change = (
  user: { readonly authorization: Record<string, string> },
  currentPassword: string,
  newPassword: string
) => post("/api/auth/password", { currentPassword, newPassword }, user.authorization)
const requestReset = (email: string) => post("/api/auth/password-reset", { email })
const confirmReset = (token: string, newPassword: string) =>
  post("/api/auth/password-reset/confirm", { token, newPassword })

const askForToken = (email: string) => Effect.andThen(requestReset(email), Effect.map(nextMailTo(email), resetTokenOf))

const publicKite = TestServer.layerWith({ PUBLIC_URL: "https://kite.example/" })

suite(publicKite)("a password", (it) => {
  it.effect("is changed with the current password; other sessions end, this one stays, the owner gets a mail", () =>
    Effect.gen(function* () {
      const user = yield* signUp
      const other = yield* logIn(user)
      const answer = yield* change(user, user.password, next)
      assert.strictEqual(answer.status, 204)
      assert.strictEqual(answer.text, "")
      assert.strictEqual((yield* send("/api/auth/me", { headers: user.authorization })).status, 200)
      assert.strictEqual(yield* statusOfMe(other.json.accessToken), 401)
      assert.strictEqual((yield* logIn({ ...user, password: next })).status, 200)
      assertProblem(yield* logIn(user), 401, "invalid-credentials")
      assert.strictEqual((yield* nextMailTo(user.email)).subject, "Your kite password was changed")
    })
  )

  it.effect("is not changed without the current password, to a weak one, or without an access token", () =>
    Effect.gen(function* () {
      const user = yield* signUp
      assertProblem(yield* change(user, "not the password", next), 403, "wrong-password")
      assertProblem(yield* change(user, user.password, "password1234"), 400, "weak-password")
      assertProblem(yield* change(user, user.password, "short"), 400, "invalid-request")
      assertProblem(yield* change({ authorization: {} }, user.password, next), 401, "unauthenticated")
      assert.strictEqual((yield* logIn(user)).status, 200)
    })
  )

  it.effect("is changed once by two concurrent requests", () =>
    Effect.gen(function* () {
      const user = yield* signUp
      const answers = yield* Effect.all(
        [change(user, user.password, next), change(user, user.password, `${next} too`)],
        {
          concurrency: 2
        }
      )
      assert.sameMembers(
        answers.map(({ status }) => status),
        [204, 403]
      )
    })
  )

  it.effect("is reset with the link in the mail; every session ends and none begins", () =>
    Effect.gen(function* () {
      const user = yield* signUp
      const answer = yield* requestReset(` ${user.email.toUpperCase()}`)
      assert.deepInclude(answer, { status: 202, text: "" })
      const mail = yield* nextMailTo(user.email)
      const token = resetTokenOf(mail)
      assert.include(Redacted.value(mail.text), `https://kite.example/reset#${token}\n`)
      const confirmed = yield* confirmReset(token, next)
      assert.deepInclude(confirmed, { status: 204, text: "" })
      assert.deepStrictEqual(confirmed.headers.getSetCookie(), [])
      assertProblem(yield* send("/api/auth/me", { headers: user.authorization }), 401, "unauthenticated")
      assertProblem(yield* refresh(user.cookie), 401, "invalid-session")
      assert.strictEqual((yield* logIn({ ...user, password: next })).status, 200)
      assertProblem(yield* logIn(user), 401, "invalid-credentials")
      assert.strictEqual((yield* nextMailTo(user.email)).subject, "Your kite password was changed")
    })
  )

  it.effect("is reset once by a link, and by no older link afterwards", () =>
    Effect.gen(function* () {
      const user = yield* signUp
      const [older, newer] = [yield* askForToken(user.email), yield* askForToken(user.email)]
      const answers = yield* Effect.all([confirmReset(newer, next), confirmReset(newer, `${next} too`)], {
        concurrency: 2
      })
      assert.sameMembers(
        answers.map(({ status }) => status),
        [204, 400]
      )
      for (const token of [newer, older]) assertProblem(yield* confirmReset(token, next), 400, "invalid-reset-token")
    })
  )

  it.effect("is not reset after an hour, with a wrong token, after a change, or to a weak one", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const user = yield* signUp
      const late = yield* askForToken(user.email)
      yield* sql`UPDATE password_resets SET expires_at = expires_at - interval '1 hour' WHERE user_id = ${user.id}`
      assertProblem(yield* confirmReset(late, next), 400, "invalid-reset-token")
      assertProblem(yield* confirmReset("A".repeat(43), next), 400, "invalid-reset-token")
      for (const token of ["", "x", "' OR 1=1 --", "A".repeat(10_000)]) {
        assertProblem(yield* confirmReset(token, next), 400, "invalid-request")
      }
      const token = yield* askForToken(user.email)
      assertProblem(yield* confirmReset(token, `my ${user.email}`), 400, "weak-password")
      yield* change(user, user.password, next)
      assertProblem(yield* confirmReset(token, next), 400, "invalid-reset-token")
    })
  )

  it.effect("of an unknown or deactivated account gets the same response and no mail", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const [inactive, active] = [yield* signUp, yield* signUp]
      yield* sql`UPDATE users SET active = false WHERE id = ${inactive.id}`
      const answers = []
      for (const email of ["nobody@example.org", inactive.email, active.email]) answers.push(yield* requestReset(email))
      for (const { status, text, headers } of answers) {
        assert.deepStrictEqual([status, text, headers.get("content-type")], [202, "", null])
      }
      const mail = yield* nextMailTo(active.email)
      assert.isNotEmpty(resetTokenOf(mail))
      assert.strictEqual(yield* Queue.size(yield* SentMails), 0)
    })
  )

  it.effect("of an unknown or deactivated account gets no mail, and its address none of any kind", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const inactive = yield* signUp
      // Each mail worker is past the forbidden mails when all of these have come.
      const others = yield* Effect.all(Array.from({ length: 8 }, () => signUp))
      yield* sql`UPDATE users SET active = false WHERE id = ${inactive.id}`
      for (const { email } of [inactive, { email: "nobody@example.org" }, ...others]) yield* requestReset(email)
      const recipients = yield* recipientsUntil(others.map(({ email }) => email))
      assert.notInclude(recipients, inactive.email)
      assert.notInclude(recipients, "nobody@example.org")
      const links = yield* sql`SELECT 1 FROM password_resets WHERE user_id = ${inactive.id}`
      assert.lengthOf(links, 0)
    })
  )

  it.effect("cannot be used to flood a mailbox: three links per hour and account", () =>
    Effect.gen(function* () {
      const [user, other] = [yield* signUp, yield* signUp]
      for (let count = 0; count < 6; count++) assert.strictEqual((yield* requestReset(user.email)).status, 202)
      yield* requestReset(other.email)
      const sent = yield* SentMails
      const links: Array<string> = []
      for (let mail = yield* Queue.take(sent); mail.to !== other.email; mail = yield* Queue.take(sent))
        links.push(mail.to)
      assert.deepStrictEqual(links, [user.email, user.email, user.email])
    })
  )

  it.effect("is reset by mail to the stored address, not to one that looks like it", () =>
    Effect.gen(function* () {
      const user = { email: "mike@example.org", password: next }
      yield* post("/api/auth/register", user)
      for (const alike of ["mıke@example.org", "mіke@example.org"]) yield* requestReset(alike)
      yield* requestReset("ｍike@example.org")
      assert.strictEqual((yield* Queue.take(yield* SentMails)).to, user.email)
      assert.strictEqual(yield* Queue.size(yield* SentMails), 0)
    })
  )

  it.effect("has reset tokens that are stored as hashes only", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const user = yield* signUp
      const token = yield* askForToken(user.email)
      const rows = yield* sql<{ row: string }>`SELECT row_to_json(r)::text AS row FROM password_resets r`
      assert.isNotEmpty(rows)
      for (const { row } of rows) {
        assert.notInclude(row, token)
        assert.notInclude(row, Buffer.from(token, "base64url").toString("hex"))
      }
    })
  )
})

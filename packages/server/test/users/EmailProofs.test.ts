import { assert } from "@effect/vitest"
import { SentMails } from "@kite/adapters/mail/Mailer"
import { actionsOn, createUser, invite, logInAs, signUpAdmin } from "@kite/testkit/accounts/Admins"
import { type Caller, post, send, sendAs, signUp, upload } from "@kite/testkit/http/Client"
import { assertProblem } from "@kite/testkit/http/Problem"
import { TestServer } from "@kite/testkit/http/TestServer"
import { emailProofTokenOf, inviteTokenOf, nextMailTo } from "@kite/testkit/mail/Mails"
import { suite } from "@kite/testkit/Suite"
import { Effect, Queue, Redacted } from "effect"
import { SqlClient } from "effect/sql"

const password = "up, up and away 9"
const confirm = (token: string) => post("/api/auth/email-proof/confirm", { token })
const resend = (user: Caller) => sendAs(user, "/api/auth/email-proof", { method: "POST" })
const proving = TestServer.layerWith({ EMAIL_PROOF: "on", PUBLIC_URL: "https://kite.example" })

suite(proving)("with EMAIL_PROOF, an account", (it) => {
  it.effect("cannot upload before it has used the token from its mail, once; all else works", () =>
    Effect.gen(function* () {
      const admin = yield* signUpAdmin
      const user = yield* signUp
      const mail = yield* nextMailTo(user.email)
      const token = emailProofTokenOf(mail)
      assert.include(Redacted.value(mail.text), `https://kite.example/email-proof#${token}\n`)
      assertProblem(yield* upload(user, "hello"), 403, "email-not-proven")
      assert.strictEqual((yield* sendAs(user, "/api/documents")).status, 200)
      assertProblem(yield* confirm("A".repeat(43)), 400, "invalid-email-proof")
      assertProblem(yield* confirm("x"), 400, "invalid-request")
      assertProblem(yield* upload(user, "hello"), 403, "email-not-proven")
      assert.deepInclude(yield* confirm(token), { status: 204, text: "" })
      assert.strictEqual((yield* upload(user, "hello")).status, 201, "with the same access token")
      assertProblem(yield* confirm(token), 400, "invalid-email-proof")
      assert.sameMembers(yield* actionsOn(admin, user.id), [
        "register",
        "login",
        "email_proof_requested",
        "email_proven"
      ])
    })
  )

  it.effect("gets another mail on request, three in an hour, until the address is proven", () =>
    Effect.gen(function* () {
      const user = yield* signUp
      const other = yield* signUp
      const first = emailProofTokenOf(yield* nextMailTo(user.email))
      yield* nextMailTo(other.email)
      for (let count = 0; count < 5; count++) assert.strictEqual((yield* resend(user)).status, 202)
      const later = [emailProofTokenOf(yield* nextMailTo(user.email)), emailProofTokenOf(yield* nextMailTo(user.email))]
      yield* resend(other)
      assert.strictEqual((yield* Queue.take(yield* SentMails)).to, other.email, "no fourth one")
      assert.strictEqual((yield* confirm(later[1] ?? "")).status, 204)
      for (const token of [first, later[0] ?? ""]) assertProblem(yield* confirm(token), 400, "invalid-email-proof")
      yield* resend(user)
      yield* resend(other)
      assert.strictEqual((yield* Queue.take(yield* SentMails)).to, other.email, "none once it is proven")
      assertProblem(yield* send("/api/auth/email-proof", { method: "POST" }), 401, "unauthenticated")
    })
  )

  it.effect("has a token that ends after a day and is stored as a hash", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const user = yield* signUp
      const token = emailProofTokenOf(yield* nextMailTo(user.email))
      const rows = yield* sql<{ row: string }>`SELECT row_to_json(p)::text AS row FROM email_proofs p`
      for (const { row } of rows) assert.notInclude(row, Buffer.from(token, "base64url").toString("hex"))
      yield* sql`UPDATE email_proofs SET expires_at = expires_at - interval '1 day' WHERE user_id = ${user.id}`
      assertProblem(yield* confirm(token), 400, "invalid-email-proof")
      assertProblem(yield* upload(user, "hello"), 403, "email-not-proven")
    })
  )

  it.effect("needs no proof if an admin created it or an invite was mailed to it", () =>
    Effect.gen(function* () {
      const admin = yield* signUpAdmin
      const made = { email: "made@example.org", password }
      yield* createUser(admin, made)
      const guest = { email: "guest@example.org", password }
      yield* invite(admin, { email: guest.email })
      const token = inviteTokenOf(yield* nextMailTo(guest.email))
      yield* post("/api/auth/register", { ...guest, invite: token })
      for (const account of [made, guest]) {
        assert.strictEqual((yield* upload(yield* logInAs(account), "hello")).status, 201, account.email)
      }
      assert.strictEqual(yield* Queue.size(yield* SentMails), 0)
    })
  )

  it.effect("finds a button on the page of the link, so that a program that opens it proves nothing", () =>
    Effect.gen(function* () {
      const { status, text } = yield* send("/email-proof")
      assert.strictEqual(status, 200)
      assert.include(text, "<button>Confirm</button>")
      assert.include(text, "/api/auth/email-proof/confirm")
    })
  )
})

suite(TestServer.layer)("without EMAIL_PROOF, an account", (it) => {
  it.effect("uploads at once and gets no mail", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* upload(yield* signUp, "hello")).status, 201)
      assert.strictEqual(yield* Queue.size(yield* SentMails), 0)
    })
  )
})

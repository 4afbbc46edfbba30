import { assert } from "@effect/vitest"
import { SentMails } from "@kite/adapters/mail/Mailer"
import {
  actionsOn,
  audit,
  changeUser,
  createUser,
  invite,
  logInAs,
  revokeInvite,
  signUpAdmin
} from "@kite/testkit/accounts/Admins"
import { logIn } from "@kite/testkit/accounts/Sessions"
import { type Caller, post, send, sendAs } from "@kite/testkit/http/Client"
import { assertProblem } from "@kite/testkit/http/Problem"
import { TestServer } from "@kite/testkit/http/TestServer"
import { inviteTokenOf, nextMailTo } from "@kite/testkit/mail/Mails"
import { suite } from "@kite/testkit/Suite"
import { Effect, Queue, Redacted } from "effect"
import { SqlClient } from "effect/sql"

const password = "up, up and away 9"
const root = { email: "root@example.org", password }
const unknown = "01977a5e-8c2b-7000-8000-000000000000"

const first = { ADMIN_EMAIL: root.email, ADMIN_PASSWORD: password }
const byInvite = TestServer.layerWith({ ...first, REGISTRATION: "", PUBLIC_URL: "https://kite.example" })
const register = (email: string, token?: string) =>
  post("/api/auth/register", { email, password, ...(token !== undefined && { invite: token }) })

let count = 0
const nextEmail = () => `guest${++count}@example.org`

/** An admin's invite and its token. */
const invited = Effect.fnUntraced(function* (admin: Caller, more: object = {}) {
  const email = nextEmail()
  const answer = yield* invite(admin, { email, ...more })
  assert.strictEqual(answer.status, 202, answer.text)
  return { ...answer.json, email, token: inviteTokenOf(yield* nextMailTo(email)) } as {
    readonly id: string
    readonly email: string
    readonly token: string
  }
})

suite(byInvite)("outside of the embedded mode, registration", (it) => {
  it.effect("needs an invite, and tells nobody without one which accounts exist", () =>
    Effect.gen(function* () {
      for (const email of [root.email, "nobody@example.org"]) {
        assertProblem(yield* register(email), 403, "registration-closed")
        assertProblem(yield* register(email, "A".repeat(43)), 400, "invalid-invite")
        assertProblem(yield* register(email, "x"), 400, "invalid-request")
      }
    })
  )

  it.effect("with an invite creates the account that the admin meant, once", () =>
    Effect.gen(function* () {
      const admin = yield* logInAs(root)
      const guest = yield* invited(admin, { role: "admin", limitBytes: 5 })
      const answers = yield* Effect.all(
        [register(guest.email.toUpperCase(), guest.token), register(guest.email, guest.token)],
        {
          concurrency: 2
        }
      )
      const created = answers.find(({ status }) => status === 201)
      assert.deepInclude(created?.json, { email: guest.email, role: "admin", quota: { usedBytes: 0, limitBytes: 5 } })
      assert.include([400, 409], answers.find(({ status }) => status !== 201)?.status)
      assertProblem(yield* register(guest.email, guest.token), 400, "invalid-invite")
      assert.strictEqual((yield* logIn({ email: guest.email, password })).json.user.role, "admin")
      const { json, text } = yield* audit(admin, { subjectId: guest.id })
      assert.deepStrictEqual(
        json.items.map(({ action, actorId, details }: any) => [action, actorId, details]),
        [
          ["invite_used", created?.json.id, {}],
          ["invite_created", (yield* sendAs(admin, "/api/auth/me")).json.id, { role: "admin", limitBytes: 5 }]
        ]
      )
      assert.notInclude(text, "guest")
      assert.notInclude(text, guest.token)
    })
  )

  it.effect("works for the address of the invite alone, within 7 days, and not after a revocation", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const admin = yield* logInAs(root)
      const guest = yield* invited(admin)
      assertProblem(yield* register(nextEmail(), guest.token), 400, "invalid-invite")
      assertProblem(
        yield* post("/api/auth/register", { ...guest, password: "short", invite: guest.token }),
        400,
        "invalid-request"
      )
      assertProblem(
        yield* post("/api/auth/register", { email: guest.email, password: "password1234", invite: guest.token }),
        400,
        "weak-password"
      )
      assert.strictEqual((yield* revokeInvite(admin, guest.id)).status, 204)
      assertProblem(yield* revokeInvite(admin, guest.id), 404, "not-found")
      assert.deepStrictEqual(yield* actionsOn(admin, guest.id), ["invite_created", "invite_revoked"])
      assertProblem(yield* register(guest.email, guest.token), 400, "invalid-invite")
      const late = yield* invited(admin)
      const [row] = yield* sql<{ days: number }>`
        SELECT extract(epoch FROM expires_at - created_at)::int / 86400 AS days FROM invites WHERE id = ${late.id}`
      assert.strictEqual(row?.days, 7)
      yield* sql`UPDATE invites SET expires_at = expires_at - interval '7 days' WHERE id = ${late.id}`
      assertProblem(yield* register(late.email, late.token), 400, "invalid-invite")
      const kept = yield* invited(admin)
      assertProblem(
        yield* post("/api/auth/register", { email: kept.email, password: "password1234", invite: kept.token }),
        400,
        "weak-password"
      )
      assert.strictEqual((yield* register(kept.email, kept.token)).status, 201, "a refused password uses nothing up")
    })
  )

  it.effect("refuses an invite that was replaced, and those of an admin who is none any more", () =>
    Effect.gen(function* () {
      const admin = yield* logInAs(root)
      const other = { email: nextEmail(), password, role: "admin" }
      const { json: account } = yield* createUser(admin, other)
      const guest = yield* invited(yield* logInAs(other))
      yield* changeUser(admin, account.id, { role: "user" })
      assertProblem(yield* register(guest.email, guest.token), 400, "invalid-invite")
      yield* invite(admin, { email: guest.email })
      const again = inviteTokenOf(yield* nextMailTo(guest.email))
      assertProblem(yield* register(guest.email, guest.token), 400, "invalid-invite")
      assert.strictEqual((yield* register(guest.email, again)).status, 201)
    })
  )

  it.effect("keeps an invite for an account that exists meanwhile from making another", () =>
    Effect.gen(function* () {
      const admin = yield* logInAs(root)
      const guest = yield* invited(admin)
      yield* createUser(admin, { email: guest.email, password })
      assertProblem(yield* register(guest.email, guest.token), 409, "email-taken")
      assertProblem(yield* invite(admin, { email: guest.email }), 409, "email-taken")
      assert.strictEqual(yield* Queue.size(yield* SentMails), 0, "no mail to an account that exists")
    })
  )
})

suite(byInvite)("invites", (it) => {
  it.effect("are mailed as a link, and stored as a hash only", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const admin = yield* logInAs(root)
      const answer = yield* invite(admin, { email: " Linked@Example.org " })
      assert.deepInclude(answer.json, { email: "linked@example.org", role: "user", limitBytes: null })
      const mail = yield* nextMailTo("linked@example.org")
      const token = inviteTokenOf(mail)
      assert.include(Redacted.value(mail.text), `https://kite.example/invite#${token}\n`)
      assert.notInclude(answer.text, token)
      for (const { row } of yield* sql<{ row: string }>`SELECT row_to_json(i)::text AS row FROM invites i`) {
        assert.notInclude(row, token)
        assert.notInclude(row, Buffer.from(token, "base64url").toString("hex"))
      }
    })
  )

  it.effect("are listed newest first, each once, page by page", () =>
    Effect.gen(function* () {
      const admin = yield* logInAs(root)
      const made: Array<string> = []
      for (let index = 0; index < 5; index++) made.unshift((yield* invited(admin)).id)
      const found: Array<string> = []
      let cursor: string | null = ""
      while (cursor !== null) {
        const page: { json: any } = yield* sendAs(admin, `/api/admin/invites?limit=2${cursor && `&cursor=${cursor}`}`)
        assert.isAtMost(page.json.items.length, 2)
        found.push(...page.json.items.map(({ id }: any) => id))
        cursor = page.json.nextCursor
      }
      assert.deepStrictEqual(found.slice(0, 5), made)
      assert.strictEqual(new Set(found).size, found.length)
      assertProblem(yield* revokeInvite(admin, unknown), 404, "not-found")
    })
  )

  it.effect("open a page that creates the account", () =>
    Effect.gen(function* () {
      const { status, headers, text } = yield* send("/invite")
      assert.strictEqual(status, 200)
      assert.notInclude(headers.get("content-security-policy") ?? "", "unsafe")
      assert.include(text, "/api/auth/register")
      assert.deepStrictEqual(
        [...text.matchAll(/<input[^>]*>/g)].map(([input]) => input),
        [
          '<input type="email" autocomplete="username" required>',
          '<input type="password" autocomplete="new-password" required>'
        ]
      )
    })
  )
})

const open = TestServer.layer
suite(open)("open registration", (it) => {
  it.effect("takes everybody, and an invite all the same", () =>
    Effect.gen(function* () {
      const admin = yield* signUpAdmin
      assert.strictEqual((yield* register(nextEmail())).status, 201)
      const guest = yield* invited(admin, { limitBytes: 7 })
      assertProblem(yield* register(nextEmail(), guest.token), 400, "invalid-invite")
      assert.strictEqual((yield* register(guest.email, guest.token)).json.quota.limitBytes, 7)
    })
  )
})

const closed = TestServer.layerWith({ ...first, REGISTRATION: "closed" })
suite(closed)("closed registration", (it) => {
  it.effect("takes nobody; admins create accounts and cannot invite", () =>
    Effect.gen(function* () {
      const admin = yield* logInAs(root)
      for (const token of [undefined, "A".repeat(43)]) {
        for (const email of [root.email, nextEmail()]) {
          assertProblem(yield* register(email, token), 403, "registration-closed")
        }
      }
      assertProblem(yield* invite(admin, { email: nextEmail() }), 403, "registration-closed")
      const made = { email: nextEmail(), password }
      assert.strictEqual((yield* createUser(admin, made)).status, 201)
      assert.strictEqual((yield* logIn(made)).status, 200)
    })
  )
})

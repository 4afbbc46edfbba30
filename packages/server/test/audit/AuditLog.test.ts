import { assert } from "@effect/vitest"
import { CorrelationId } from "@kite/adapters/logging/RequestContext"
import {
  actionsOn,
  audit,
  changeUser,
  createUser,
  forcePasswordReset,
  signUpAdmin
} from "@kite/testkit/accounts/Admins"
import { cookieOf, logIn, logOut, refresh } from "@kite/testkit/accounts/Sessions"
import { post, sendAs, signUp, upload } from "@kite/testkit/http/Client"
import { TestServer } from "@kite/testkit/http/TestServer"
import { nextMailTo, resetTokenOf } from "@kite/testkit/mail/Mails"
import { suite } from "@kite/testkit/Suite"
import { Effect, Exit } from "effect"
import { SqlClient } from "effect/sql"
import { AuditLog } from "../../src/audit/AuditLog.ts"

const password = "up, up and away 9"
const count = Effect.flatMap(SqlClient.SqlClient, (sql) =>
  Effect.map(sql<{ n: number }>`SELECT count(*)::int AS n FROM audit_log`, ([row]) => row?.n ?? 0)
)

suite(TestServer.layer)("the audit log", (it) => {
  it.effect("records the life of an account, in order", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const admin = yield* signUpAdmin
      const user = yield* signUp
      yield* logIn({ ...user, password: "something else" })
      yield* post("/api/auth/password", { currentPassword: user.password, newPassword: password }, user.authorization)
      yield* post("/api/auth/password-reset", { email: user.email })
      yield* nextMailTo(user.email)
      const token = resetTokenOf(yield* nextMailTo(user.email))
      yield* post("/api/auth/password-reset/confirm", { token, newPassword: `${password}9` })
      const again = yield* logIn({ ...user, password: `${password}9` })
      yield* logOut(cookieOf(again))
      const third = yield* logIn({ ...user, password: `${password}9` })
      yield* refresh(cookieOf(third))
      yield* sql`UPDATE refresh_tokens SET used_at = used_at - interval '1 minute'`
      yield* refresh(cookieOf(third))
      const fourth = yield* logIn({ ...user, password: `${password}9` })
      yield* post("/api/auth/logout-all", "", { authorization: `Bearer ${fourth.json.accessToken}` })
      yield* changeUser(admin, user.id, { role: "admin", limitBytes: 5, active: false })
      yield* changeUser(admin, user.id, { active: true })
      yield* forcePasswordReset(admin, user.id)
      assert.deepStrictEqual(yield* actionsOn(admin, user.id), [
        "register",
        "login",
        "login_failed",
        "password_changed",
        "password_reset_requested",
        "password_reset",
        "login",
        "logout",
        "login",
        "token_reuse",
        "login",
        "logout_all",
        "user_deactivated",
        "role_changed",
        "quota_changed",
        "user_reactivated",
        "password_reset_forced"
      ])
    })
  )

  it.effect("records the life of a document: its type and size, never its name", () =>
    Effect.gen(function* () {
      const admin = yield* signUpAdmin
      const user = yield* signUp
      const { json: document } = yield* upload(user, "hello world", "my secret.txt")
      yield* sendAs(user, `/api/documents/${document.id}`, { method: "DELETE" })
      yield* sendAs(user, `/api/documents/${document.id}`, { method: "DELETE" })
      const { json } = yield* audit(admin, { subjectId: document.id })
      assert.deepStrictEqual(
        json.items.map(({ action, actorId, subject, details }: any) => ({ action, actorId, subject, details })),
        [
          { action: "document_deleted", details: {} },
          { action: "document_uploaded", details: { sizeBytes: 11, contentType: "text/plain" } }
        ].map((entry) => ({ ...entry, actorId: user.id, subject: { type: "document", id: document.id } }))
      )
    })
  )

  it.effect("records the actor, the client's address and the request", () =>
    Effect.gen(function* () {
      const admin = yield* signUpAdmin
      const made = yield* createUser(admin, { email: "audited@example.org", password, role: "admin" })
      const entry = (yield* audit(admin, { subjectId: made.json.id })).json.items[0]
      assert.match(entry.id, /^[0-9a-f]{8}-[0-9a-f]{4}-7/)
      assert.isBelow(Math.abs(Date.parse(entry.at) - Date.now()), 60_000)
      assert.deepInclude(entry, {
        action: "user_created",
        actorId: admin.id,
        subject: { type: "user", id: made.json.id },
        clientIp: "127.0.0.1",
        correlationId: made.headers.get("x-correlation-id"),
        details: { role: "admin" }
      })
    })
  )

  it.effect("names no actor of a failed login, and no account if the e-mail is unknown", () =>
    Effect.gen(function* () {
      const admin = yield* signUpAdmin
      const user = yield* signUp
      yield* logIn({ ...user, password: "something else" })
      const unknown = yield* logIn({ email: "who.is.this@example.org", password: "typed into the wrong field" })
      const { json, text } = yield* audit(admin, { action: "login_failed", limit: "2" })
      assert.deepStrictEqual(
        json.items.map(({ actorId, subject }: any) => ({ actorId, subject })),
        [
          { actorId: null, subject: null },
          { actorId: null, subject: { type: "user", id: user.id } }
        ]
      )
      assert.strictEqual(json.items[0].correlationId, unknown.headers.get("x-correlation-id"))
      assert.notInclude(text, "who.is.this")
      assert.notInclude(text, "wrong field")
    })
  )

  it.effect("has an entry if and only if the action was committed", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const { record } = yield* Effect.provide(AuditLog, AuditLog.layer)
      const before = yield* count
      const failed = yield* Effect.exit(
        sql.withTransaction(Effect.andThen(record({ action: "user_created" }), Effect.fail("no")))
      )
      assert.isTrue(Exit.isFailure(failed))
      assert.strictEqual(yield* count, before, "rolled back with it")
      const user = yield* signUp
      const admin = yield* signUpAdmin
      const { json: document } = yield* upload(user, "hello")
      yield* sql`ALTER TABLE audit_log ADD CONSTRAINT logins_alone CHECK (action IN ('login')) NOT VALID`
      const acts = [
        yield* changeUser(admin, user.id, { active: false }),
        yield* sendAs(user, `/api/documents/${document.id}`, { method: "DELETE" }),
        yield* upload(user, "never"),
        yield* post("/api/auth/register", { email: "never@example.org", password })
      ]
      yield* sql`ALTER TABLE audit_log DROP CONSTRAINT logins_alone`
      assert.deepStrictEqual(
        acts.map(({ status }) => status),
        [500, 500, 500, 500],
        "nothing goes unrecorded"
      )
      assert.strictEqual((yield* logIn(user)).status, 200)
      assert.deepStrictEqual(
        (yield* sendAs(user, "/api/documents")).json.items.map(({ id }: any) => id),
        [document.id]
      )
      assert.strictEqual((yield* logIn({ email: "never@example.org", password })).status, 401)
    })
  )

  it.effect("records no correlation id, client or account if there is none", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const { record } = yield* Effect.provide(AuditLog, AuditLog.layer)
      const find = (by: string) =>
        sql`SELECT actor_id, client_ip, correlation_id, subject_type FROM audit_log WHERE details ->> 'by' = ${by}`
      yield* record({ action: "user_created", details: { by: "nobody" } })
      assert.deepStrictEqual(yield* find("nobody"), [
        { actorId: null, clientIp: null, correlationId: null, subjectType: null }
      ])
      yield* Effect.provideService(record({ action: "user_created", details: { by: "job" } }), CorrelationId, "abc")
      assert.deepInclude((yield* find("job"))[0], { correlationId: "abc" })
    })
  )
})

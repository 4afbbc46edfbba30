import { assert } from "@effect/vitest"
import { actionsOn, audit, signUpAdmin } from "@kite/testkit/accounts/Admins"
import { setText } from "@kite/testkit/documents/Rows"
import { type Caller, post, sendAs, signUp, upload } from "@kite/testkit/http/Client"
import { assertProblem } from "@kite/testkit/http/Problem"
import { TestServer } from "@kite/testkit/http/TestServer"
import { nextMailTo } from "@kite/testkit/mail/Mails"
import { suite } from "@kite/testkit/Suite"
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { TokenKeys } from "../../src/auth/tokens/TokenKeys.ts"

const unknown = "01977a5e-8c2b-7000-8000-000000000000"

/** Every way to read a document. */
const readAll = Effect.fnUntraced(function* (user: Caller, id: string) {
  const path = `/api/documents/${id}`
  const { headers } = yield* sendAs(user, `${path}/content`)
  yield* sendAs(user, `${path}/content`, { headers: { range: "bytes=0-3" } })
  yield* sendAs(user, `${path}/content`, { method: "HEAD" })
  yield* sendAs(user, `${path}/content`, { headers: { "if-none-match": headers.get("etag") ?? "" } })
  yield* sendAs(user, `${path}/content`, { headers: { range: "bytes=900-" } })
  yield* sendAs(user, `${path}/text`)
  yield* sendAs(user, `${path}/text`, { method: "HEAD" })
})

const readDocument = Effect.gen(function* () {
  const user = yield* signUp
  const { json } = yield* upload(user, "hello world", "my secret.txt")
  yield* setText(json.id, ["hello world"])
  yield* readAll(user, json.id)
  yield* readAll(yield* signUp, json.id)
  return { ...user, document: json.id as string }
})

suite(TestServer.layerWith({ AUDIT_READS: "on" }))("with AUDIT_READS, the audit log", (it) => {
  it.effect("records downloads and reads of the text, by the owner alone, and nothing of what they hold", () =>
    Effect.gen(function* () {
      const admin = yield* signUpAdmin
      const { id, document } = yield* readDocument
      const { json, text } = yield* audit(admin, { subjectId: document })
      assert.deepStrictEqual(
        json.items.map(({ action, actorId, details }: any) => [action, actorId, details]),
        [
          ["document_text_read", id, {}],
          ["document_downloaded", id, { bytes: 4 }],
          ["document_downloaded", id, { bytes: 11 }],
          ["document_uploaded", id, { sizeBytes: 11, contentType: "text/plain" }]
        ]
      )
      assert.notMatch(text, /hello|secret/)
    })
  )

  it.effect("is no way round: what cannot be recorded cannot be read", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const { document, ...user } = yield* readDocument
      yield* sql`ALTER TABLE audit_log ADD CONSTRAINT none CHECK (false) NOT VALID`
      const download = yield* sendAs(user, `/api/documents/${document}/content`)
      const text = yield* sendAs(user, `/api/documents/${document}/text`)
      yield* sql`ALTER TABLE audit_log DROP CONSTRAINT none`
      for (const answer of [download, text]) {
        assertProblem(answer, 500, "internal-error")
        assert.notInclude(answer.text, "hello")
      }
    })
  )
})

suite(TestServer.layer)("the audit log", (it) => {
  it.effect("does not record reads by default", () =>
    Effect.gen(function* () {
      const admin = yield* signUpAdmin
      const { document } = yield* readDocument
      assert.deepStrictEqual(yield* actionsOn(admin, document), ["document_uploaded"])
    })
  )

  it.effect("records renames and reprocessing, if there was something to rename or reprocess", () =>
    Effect.gen(function* () {
      const admin = yield* signUpAdmin
      const { document, ...user } = yield* readDocument
      const rename = (caller: Caller) =>
        sendAs(caller, `/api/documents/${document}`, {
          method: "PATCH",
          headers: { "content-type": "application/json" },
          body: `{"filename":"a new secret.txt"}`
        })
      yield* rename(user)
      yield* rename(yield* signUp)
      for (let count = 0; count < 2; count++) {
        yield* sendAs(user, `/api/documents/${document}/reprocess`, { method: "POST" })
      }
      const { json, text } = yield* audit(admin, { subjectId: document })
      assert.deepStrictEqual(
        json.items.map(({ action, actorId, details }: any) => [action, actorId, details]).slice(0, 2),
        [
          ["document_reprocessed", user.id, {}],
          ["document_renamed", user.id, {}]
        ]
      )
      assert.strictEqual(json.items.length, 3)
      assert.notInclude(text, "secret.txt")
    })
  )

  it.effect("records the rotation of the signing keys", () =>
    Effect.gen(function* () {
      const admin = yield* signUpAdmin
      const kid = yield* TokenKeys.use((keys) => keys.rotate).pipe(Effect.provide(TokenKeys.layer))
      const { json } = yield* audit(admin, { action: "keys_rotated" })
      assert.deepStrictEqual(
        json.items.map(({ details, actorId }: any) => [details, actorId]),
        [[{ kid }, null]]
      )
    })
  )

  it.effect("records an export with its filter", () =>
    Effect.gen(function* () {
      const admin = yield* signUpAdmin
      const filter = { action: "login", subjectId: unknown, clientIp: "::FFFF:192.0.2.1", from: "2026-11-22T20:15:00Z" }
      yield* sendAs(admin, `/api/admin/audit/export.csv?${new URLSearchParams(filter)}`)
      yield* sendAs(admin, "/api/admin/audit/export.csv")
      const { json } = yield* audit(admin, { action: "audit_exported", actorId: admin.id })
      assert.deepStrictEqual(
        json.items.map(({ details }: any) => details),
        [{}, { ...filter, clientIp: "192.0.2.1", from: "2026-11-22T20:15:00.000Z" }]
      )
    })
  )

  it.effect("credits a request for a reset link to nobody, whoever sends it", () =>
    Effect.gen(function* () {
      const admin = yield* signUpAdmin
      const [user, other] = [yield* signUp, yield* signUp]
      yield* post("/api/auth/password-reset", { email: user.email })
      yield* nextMailTo(user.email)
      yield* post("/api/auth/password-reset", { email: user.email }, user.authorization)
      yield* nextMailTo(user.email)
      yield* post("/api/auth/password-reset", { email: user.email }, other.authorization)
      yield* nextMailTo(user.email)
      const { json } = yield* audit(admin, { action: "password_reset_requested", subjectId: user.id })
      assert.deepStrictEqual(
        json.items.map(({ actorId }: any) => actorId),
        [null, null, null]
      )
    })
  )
})

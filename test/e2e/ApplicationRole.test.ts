import { assert } from "@effect/vitest"
import * as Database from "@kite/adapters/postgres/Database"
import { Filename } from "@kite/domain/documents/Filename"
import { removeExpired } from "@kite/server/auth/sessions/ExpiredSessions"
import { Sweeper } from "@kite/server/documents/Sweeper"
import { changeUser, createUser, forcePasswordReset, signUpAdmin } from "@kite/testkit/accounts/Admins"
import { cookieOf, logIn, logOut, refresh } from "@kite/testkit/accounts/Sessions"
import { eventually } from "@kite/testkit/Eventually"
import { clientOf, post, sendAs, signUp } from "@kite/testkit/http/Client"
import { uploadForm } from "@kite/testkit/http/Multipart"
import { TestServer } from "@kite/testkit/http/TestServer"
import { nextMailTo, resetTokenOf } from "@kite/testkit/mail/Mails"
import { TestDatabase } from "@kite/testkit/postgres/TestDatabase"
import { TwoRoles } from "@kite/testkit/postgres/TwoRoles"
import { spawnKite } from "@kite/testkit/processes/KiteProcess"
import { suite } from "@kite/testkit/Suite"
import * as ExtractionWorker from "@kite/worker/ExtractionWorker"
import { Duration, Effect, Layer, Redacted } from "effect"
import { SqlClient } from "effect/sql"

const password = "up, up and away 9"

/** `kite migrate` with both URLs, as compose runs it. Twice, because it runs before every start. */
const migrate = Effect.gen(function* () {
  const { ownerUrl, applicationUrl } = yield* TwoRoles
  const run = Effect.flatMap(
    spawnKite("migrate", {
      DATABASE_MIGRATE_URL: Redacted.value(ownerUrl),
      DATABASE_URL: Redacted.value(applicationUrl)
    }),
    ({ ended }) => ended
  )
  assert.deepStrictEqual([yield* run, yield* run], [0, 0])
})

/** Server, worker and test connect only as the application role. */
const database = Layer.unwrap(
  Effect.gen(function* () {
    const { applicationUrl } = yield* TwoRoles
    yield* migrate
    return Layer.merge(
      Layer.succeed(TestDatabase, { url: applicationUrl }),
      Database.layerUrl(applicationUrl, { applicationName: "test" })
    )
  })
).pipe(Layer.provide(TwoRoles.layer), Layer.orDie)

const parts = ExtractionWorker.layer.pipe(Layer.provideMerge(TestServer.layerOn({ database })))

suite(parts)("server and worker with the application role", (it) => {
  it.effect("read, find, rename, re-extract and delete documents", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const [who] = yield* sql<{ name: string }>`SELECT current_user AS name`
      assert.match(who?.name ?? "", /^app_/)
      const user = yield* signUp
      const { documents } = yield* clientOf(user)
      const { id } = yield* documents.upload({ query: {}, payload: uploadForm("the quick brown fox", "fox.txt") })
      const path = `/api/documents/${id}`
      yield* eventually(documents.get({ params: { id }, query: {} }), ({ status }) => status === "ready", "30 seconds")
      assert.strictEqual((yield* documents.text({ params: { id }, query: {} })).items[0]?.text, "the quick brown fox")
      assert.strictEqual((yield* documents.list({ query: { q: "quick" } })).items.length, 1)
      const renamed = yield* documents.rename({ params: { id }, payload: { filename: Filename.make("dog.txt") } })
      assert.strictEqual(renamed.filename, "dog.txt")
      assert.strictEqual((yield* sendAs(user, `${path}/reprocess`, { method: "POST" })).status, 202)
      yield* eventually(documents.get({ params: { id }, query: {} }), ({ status }) => status === "ready", "30 seconds")
      assert.strictEqual((yield* sendAs(user, `${path}/content`)).text, "the quick brown fox")
      assert.strictEqual((yield* sendAs(user, path, { method: "DELETE" })).status, 204)
      assert.strictEqual((yield* sendAs(user, "/health/ready")).status, 200)
    })
  )

  it.effect("log in, rotate, change and reset passwords, and end sessions", () =>
    Effect.gen(function* () {
      const user = yield* signUp
      const rotated = yield* refresh(user.cookie)
      assert.strictEqual(rotated.status, 200)
      const change = { currentPassword: user.password, newPassword: password }
      assert.strictEqual((yield* post("/api/auth/password", change, user.authorization)).status, 204)
      assert.strictEqual((yield* post("/api/auth/password-reset", { email: user.email })).status, 202)
      yield* nextMailTo(user.email)
      const token = resetTokenOf(yield* nextMailTo(user.email))
      const confirmed = yield* post("/api/auth/password-reset/confirm", { token, newPassword: `${password}9` })
      assert.strictEqual(confirmed.status, 204)
      const again = yield* logIn({ ...user, password: `${password}9` })
      assert.strictEqual((yield* logOut(cookieOf(again))).status, 204)
    })
  )

  it.effect("manage accounts and record it in the audit log", () =>
    Effect.gen(function* () {
      const admin = yield* signUpAdmin
      const made = yield* createUser(admin, { email: "made@example.org", password })
      assert.strictEqual(made.status, 201)
      assert.strictEqual((yield* changeUser(admin, made.json.id, { active: false, limitBytes: 1 })).status, 200)
      assert.strictEqual((yield* forcePasswordReset(admin, made.json.id)).status, 202)
      const { text } = yield* sendAs(admin, `/api/admin/audit/export.csv?subjectId=${made.json.id}`)
      for (const action of ["user_created", "user_deactivated", "quota_changed", "password_reset_forced"]) {
        assert.include(text, action)
      }
    })
  )

  it.effect("remove what has expired", () =>
    Effect.gen(function* () {
      yield* removeExpired
      const { sweep } = yield* Effect.provide(Sweeper, Sweeper.layer)
      assert.strictEqual(yield* sweep(Duration.hours(1)), 0)
    })
  )
})

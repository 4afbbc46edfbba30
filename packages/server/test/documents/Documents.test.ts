import { createHash } from "node:crypto"
import { assert } from "@effect/vitest"
import { assertBalanced, setText } from "@kite/testkit/documents/Rows"
import { samples } from "@kite/testkit/files/Samples"
import { send, sendAs, signUp, upload, usedBytes } from "@kite/testkit/http/Client"
import { assertProblem } from "@kite/testkit/http/Problem"
import { TestServer } from "@kite/testkit/http/TestServer"
import { suite } from "@kite/testkit/Suite"
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

const jsonBody = (body: unknown, method = "PATCH"): RequestInit => ({
  method,
  headers: { "content-type": "application/json" },
  body: JSON.stringify(body)
})

suite(TestServer.layer)("documents", (it) => {
  it.effect("are returned as they were uploaded", () =>
    Effect.gen(function* () {
      const user = yield* signUp
      const created = yield* upload(user, "hello world", "grüße.txt")
      assert.strictEqual(created.status, 201)
      const { id, createdAt, updatedAt, ...rest } = created.json
      assert.strictEqual(created.headers.get("location"), `/api/documents/${id}`)
      assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7/)
      assert.isBelow(Math.abs(Date.now() - Date.parse(createdAt)), 60_000)
      assert.strictEqual(updatedAt, createdAt)
      assert.deepStrictEqual(rest, {
        filename: "grüße.txt",
        contentType: "text/plain",
        sizeBytes: 11,
        sha256: createHash("sha256").update("hello world").digest("hex"),
        status: "pending",
        failure: null,
        pageCount: null,
        encoding: null,
        ocrConfidence: null,
        notices: []
      })
      const found = yield* sendAs(user, `/api/documents/${id}`)
      assert.deepStrictEqual([found.status, found.json], [200, created.json])
      const listed = yield* sendAs(user, "/api/documents")
      assert.deepStrictEqual([listed.status, listed.json], [200, { items: [created.json], nextCursor: null }])
      const content = yield* send(`/api/documents/${id}/content`, { headers: user.authorization })
      assert.deepStrictEqual([content.status, content.text], [200, "hello world"])
    })
  )

  it.effect("of every type are accepted, detected from content whatever their name", () =>
    Effect.gen(function* () {
      const user = yield* signUp
      for (const [contentType, bytes] of Object.entries(yield* Effect.promise(samples))) {
        const { status, json } = yield* upload(user, bytes, "no-extension")
        assert.deepStrictEqual([status, json.contentType, json.sizeBytes], [201, contentType, bytes.length])
      }
    })
  )

  it.effect("count against the quota until they are removed, to the byte", () =>
    Effect.gen(function* () {
      const user = yield* signUp
      const kept = yield* upload(user, "x".repeat(70_001))
      const gone = yield* upload(user, "y".repeat(1_234_567))
      assert.strictEqual(yield* usedBytes(user), 70_001 + 1_234_567)
      const removed = yield* sendAs(user, `/api/documents/${gone.json.id}`, { method: "DELETE" })
      assert.deepStrictEqual([removed.status, removed.text], [204, ""])
      assert.strictEqual(yield* usedBytes(user), 70_001)
      assertProblem(yield* sendAs(user, `/api/documents/${gone.json.id}`), 404, "not-found")
      assertProblem(yield* sendAs(user, `/api/documents/${gone.json.id}`, { method: "DELETE" }), 404, "not-found")
      assert.strictEqual(yield* usedBytes(user), 70_001)
      yield* sendAs(user, `/api/documents/${kept.json.id}`, { method: "DELETE" })
      assert.strictEqual(yield* usedBytes(user), 0)
      yield* assertBalanced
    })
  )

  it.effect("removed many times concurrently are credited once", () =>
    Effect.gen(function* () {
      const user = yield* signUp
      const { json } = yield* upload(user, "once")
      const remove = sendAs(user, `/api/documents/${json.id}`, { method: "DELETE" })
      const answers = yield* Effect.all(Array(8).fill(remove) as Array<typeof remove>, { concurrency: 8 })
      assert.deepStrictEqual(answers.map(({ status }) => status).sort(), [204, ...Array(7).fill(404)])
      assert.strictEqual(yield* usedBytes(user), 0)
    })
  )

  it.effect("are renamed, and nothing else changes", () =>
    Effect.gen(function* () {
      const user = yield* signUp
      const created = yield* upload(user, "text")
      const renamed = yield* sendAs(
        user,
        `/api/documents/${created.json.id}`,
        jsonBody({ filename: "a/b/Ünïcode 😀.md" })
      )
      assert.strictEqual(renamed.status, 200)
      const { updatedAt, ...rest } = renamed.json
      assert.deepStrictEqual(
        { ...rest, updatedAt: created.json.updatedAt },
        { ...created.json, filename: "Ünïcode 😀.md" }
      )
      assert.isAbove(Date.parse(updatedAt), Date.parse(created.json.updatedAt))
      assert.deepStrictEqual((yield* sendAs(user, `/api/documents/${created.json.id}`)).json, renamed.json)
    })
  )

  it.effect("have no text until they are ready, then all their pages", () =>
    Effect.gen(function* () {
      const user = yield* signUp
      const { json } = yield* upload(user, "text")
      const path = `/api/documents/${json.id}/text`
      const pending = yield* sendAs(user, path)
      assertProblem(pending, 409, "text-not-ready", path)
      assert.deepInclude(pending.json, { documentStatus: "pending", failureCode: null })
      yield* setText(json.id, ["first", "second\nline"])
      const ready = yield* sendAs(user, path)
      assert.strictEqual(ready.status, 200)
      assert.deepStrictEqual(ready.json, {
        items: [
          { number: 1, text: "first", source: "text" },
          { number: 2, text: "second\nline", source: "text" }
        ],
        nextPage: null
      })
      const plain = yield* sendAs(user, path, { headers: { accept: "text/plain" } })
      assert.deepStrictEqual([plain.status, plain.text], [200, "first\fsecond\nline"])
      const sql = yield* SqlClient.SqlClient
      yield* sql`UPDATE documents SET status = 'failed', failure_code = 'encrypted', failure_message = 'It has a password'
        WHERE id = ${json.id}`
      const failed = yield* sendAs(user, path)
      assertProblem(failed, 409, "text-not-ready", path)
      assert.deepInclude(failed.json, { documentStatus: "failed", failureCode: "encrypted" })
      const { failure } = (yield* sendAs(user, `/api/documents/${json.id}`)).json
      assert.deepStrictEqual(failure, { code: "encrypted", message: "It has a password" })
    })
  )

  it.effect("that took too long have the text of the pages that were read before, if there are any", () =>
    Effect.gen(function* () {
      const user = yield* signUp
      const { json } = yield* upload(user, "text")
      const path = `/api/documents/${json.id}/text`
      yield* setText(json.id, ["first", "second"])
      const sql = yield* SqlClient.SqlClient
      yield* sql`UPDATE documents SET status = 'failed', failure_code = 'timed-out', failure_message = 'It took too long',
        page_count = 2 WHERE id = ${json.id}`
      assert.strictEqual((yield* sendAs(user, path, { headers: { accept: "text/plain" } })).text, "first\fsecond")
      yield* sql`UPDATE documents SET page_count = NULL WHERE id = ${json.id}`
      assertProblem(yield* sendAs(user, path), 409, "text-not-ready", path)
    })
  )

  it.effect("are processed again when they are finished, as one further job, and not before", () =>
    Effect.gen(function* () {
      const user = yield* signUp
      const { json } = yield* upload(user, "text")
      const path = `/api/documents/${json.id}/reprocess`
      assertProblem(yield* sendAs(user, path, { method: "POST" }), 409, "extraction-running", path)
      yield* setText(json.id, ["text"])
      const reprocess = sendAs(user, path, { method: "POST" })
      const answers = yield* Effect.all([reprocess, reprocess, reprocess], { concurrency: 3 })
      assert.deepStrictEqual(answers.map(({ status }) => status).sort(), [202, 409, 409])
      const accepted = answers.find(({ status }) => status === 202)
      assert.strictEqual(accepted?.json.status, "pending")
      const sql = yield* SqlClient.SqlClient
      const jobs = yield* sql`SELECT id FROM extraction_jobs WHERE id LIKE ${`${json.id}:%`} ORDER BY id`
      assert.deepStrictEqual(jobs, [{ id: `${json.id}:1` }, { id: `${json.id}:2` }])
    })
  )

  it.effect("that failed are pending and without a failure when they are processed again", () =>
    Effect.gen(function* () {
      const user = yield* signUp
      const { json } = yield* upload(user, "text")
      const sql = yield* SqlClient.SqlClient
      yield* sql`UPDATE documents SET status = 'failed', failure_code = 'corrupt', failure_message = 'It is damaged'
        WHERE id = ${json.id}`
      const path = `/api/documents/${json.id}`
      assert.strictEqual((yield* sendAs(user, path)).json.failure.code, "corrupt")
      const accepted = yield* sendAs(user, `${path}/reprocess`, { method: "POST" })
      assert.deepInclude(accepted.json, { status: "pending", failure: null })
      assert.deepInclude((yield* sendAs(user, path)).json, { status: "pending", failure: null })
    })
  )
})

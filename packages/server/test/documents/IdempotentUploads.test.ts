import { assert } from "@effect/vitest"
import { ObjectStore } from "@kite/adapters/objects/ObjectStore"
import { IdempotencyKeys } from "@kite/server/documents/IdempotencyKeys"
import { assertBalanced } from "@kite/testkit/documents/Rows"
import { eventually } from "@kite/testkit/Eventually"
import { sendAs, signUp, upload, usedBytes } from "@kite/testkit/http/Client"
import { assertProblem } from "@kite/testkit/http/Problem"
import { suite } from "@kite/testkit/Suite"
import { Effect, Stream } from "effect"
import { SqlClient } from "effect/sql"

import { beginUpload, documentsOf, keysOf, limitBytes, sendWithKey as send, server } from "./UploadsWithKeys.ts"

suite(server)("an upload with an Idempotency-Key", (it) => {
  it.effect("is refused if the key belongs to another file, name or onDuplicate", () =>
    Effect.gen(function* () {
      const user = yield* signUp
      const first = yield* send(user, "k1")
      for (const changed of [{ content: "hello!" }, { filename: "b.txt" }, { query: "?onDuplicate=return" }]) {
        assertProblem(yield* send(user, "k1", changed), 422, "idempotency-key-reused", "/api/documents")
      }
      assert.strictEqual((yield* send(user, "k1")).text, first.text)
      assert.strictEqual((yield* send(user, "k1", { query: "?onDuplicate=keep" })).text, first.text)
      assert.strictEqual((yield* documentsOf(user)).length, 1)
      yield* assertBalanced
    })
  )

  it.effect("has keys of its own account: the same key of another one is another", () =>
    Effect.gen(function* () {
      const [anna, bob] = [yield* signUp, yield* signUp]
      const [first, second] = [yield* send(anna, "k1"), yield* send(bob, "k1", { content: "other" })]
      assert.deepStrictEqual([first.status, second.status], [201, 201])
      assert.notStrictEqual(first.json.id, second.json.id)
    })
  )

  it.effect("reads a key with and without quotes as the same", () =>
    Effect.gen(function* () {
      const user = yield* signUp
      const first = yield* send(user, "8e03978e-40d5-43e8-bc93-6894a57f9324")
      assert.strictEqual((yield* send(user, '"8e03978e-40d5-43e8-bc93-6894a57f9324"')).text, first.text)
      const odd = yield* send(user, '"a \\"b\\" \\\\c, d;e=f"')
      assert.strictEqual(odd.status, 201)
      assert.notStrictEqual(odd.json.id, first.json.id)
    })
  )

  it.effect.each([
    "",
    " ",
    '""',
    '"',
    '"a',
    'a"b',
    "a b",
    "a, b",
    '"a", "b"',
    '"a";b=c',
    "a;b",
    '"\\a"',
    "ü",
    "x".repeat(256)
  ])("is refused with a malformed key: %s", (key) =>
    Effect.gen(function* () {
      const user = yield* signUp
      const answer = yield* send(user, key)
      assertProblem(answer, 400, "invalid-request", "/api/documents")
      assert.deepStrictEqual(answer.json.errors[0].path, ["headers", "idempotency-key"])
      assert.deepStrictEqual(yield* keysOf(user), [])
    })
  )

  it.effect("that was refused leaves its key free", () =>
    Effect.gen(function* () {
      const user = yield* signUp
      assertProblem(yield* send(user, "k1", { content: "\0\x01\x02" }), 415, "unsupported-file")
      assertProblem(yield* send(user, "k1", { content: "x".repeat(limitBytes + 100_000) }), 413, "quota-exceeded")
      assert.deepStrictEqual(yield* keysOf(user), [])
      assert.strictEqual((yield* send(user, "k1")).status, 201)
    })
  )

  it.effect("whose client leaves in the middle leaves its key free", () =>
    Effect.gen(function* () {
      const user = yield* signUp
      const { socket } = yield* beginUpload(user, "k1")
      socket.destroy()
      yield* eventually(keysOf(user), ({ length }) => length === 0)
      assert.strictEqual((yield* send(user, "k1")).status, 201)
      yield* assertBalanced
    }).pipe(Effect.scoped)
  )

  it.effect("is charged once, and its repetition needs no room in the quota and none in the store", () =>
    Effect.gen(function* () {
      const user = yield* signUp
      const content = "x".repeat(limitBytes)
      const first = yield* send(user, "k1", { content })
      assert.strictEqual(first.status, 201)
      const objects = Effect.flatMap(ObjectStore, ({ list }) => Stream.runCount(list))
      const before = yield* objects
      assert.strictEqual((yield* send(user, "k1", { content })).text, first.text)
      assertProblem(yield* send(user, "k2", { content }), 413, "quota-exceeded")
      assert.strictEqual(yield* usedBytes(user), limitBytes)
      assert.strictEqual(yield* objects, before)
    })
  )

  it.effect("returns its first response after the document was renamed or deleted, and does not store it again", () =>
    Effect.gen(function* () {
      const user = yield* signUp
      const first = yield* send(user, "k1")
      const path = `/api/documents/${first.json.id}`
      const body = JSON.stringify({ filename: "b.txt" })
      yield* sendAs(user, path, { method: "PATCH", headers: { "content-type": "application/json" }, body })
      assert.strictEqual((yield* send(user, "k1")).text, first.text)
      yield* sendAs(user, path, { method: "DELETE" })
      assert.strictEqual((yield* send(user, "k1")).text, first.text)
      assert.strictEqual((yield* documentsOf(user)).length, 0)
    })
  )

  it.effect("keeps the response of onDuplicate too", () =>
    Effect.gen(function* () {
      const user = yield* signUp
      const { json } = yield* upload(user, "hello", "a.txt")
      const kept = yield* send(user, "k1")
      assert.strictEqual(kept.json.duplicateOf, json.id)
      assert.strictEqual((yield* send(user, "k1")).text, kept.text)
      const query = "?onDuplicate=return"
      const returned = yield* send(user, "k2", { query })
      assert.deepStrictEqual([returned.status, returned.json.id], [200, json.id])
      yield* sendAs(user, `/api/documents/${json.id}`, { method: "DELETE" })
      const again = yield* send(user, "k2", { query })
      assert.deepStrictEqual([again.status, again.text], [200, returned.text])
      assertProblem(yield* send(user, "k3", { query: "?onDuplicate=reject" }), 409, "duplicate-document")
      assert.strictEqual((yield* keysOf(user)).length, 2)
    })
  )

  it.effect("is another upload after 24 hours, whether or not the sweep has come", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const user = yield* signUp
      const first = yield* send(user, "k1")
      yield* send(user, "k2", { content: "other" })
      const age = (interval: string) =>
        sql`UPDATE idempotency_keys SET expires_at = expires_at - ${interval}::interval WHERE user_id = ${user.id}`
      yield* age("23 hours 59 minutes")
      assert.strictEqual((yield* send(user, "k1")).text, first.text)
      yield* age("1 minute")
      const later = yield* send(user, "k1")
      assert.strictEqual(later.status, 201)
      assert.notStrictEqual(later.json.id, first.json.id)
      const { removeExpired } = yield* IdempotencyKeys
      assert.strictEqual(yield* removeExpired, 1)
      assert.strictEqual((yield* send(user, "k1")).text, later.text)
    }).pipe(Effect.provide(IdempotencyKeys.layer))
  )

  it.effect("takes over the key of a server that died, as soon as that has been silent for the lease", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const user = yield* signUp
      yield* beginUpload(user, "k1")
      assertProblem(yield* send(user, "k1"), 409, "idempotency-key-in-use")
      yield* sql`UPDATE idempotency_keys SET expires_at = now() - interval '1 second' WHERE user_id = ${user.id}`
      assert.strictEqual((yield* send(user, "k1")).status, 201)
    }).pipe(Effect.scoped)
  )

  it.effect("stores nothing if it was silent for so long that another request has taken its key", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const user = yield* signUp
      const first = yield* beginUpload(user, "k1")
      yield* sql`UPDATE idempotency_keys SET holder = gen_random_uuid() WHERE user_id = ${user.id}`
      const response = yield* first.finish
      assert.include(response, "409 Conflict")
      assert.include(response, "urn:kite:problem:idempotency-key-in-use")
      assert.strictEqual((yield* documentsOf(user)).length, 0)
      assert.strictEqual(yield* usedBytes(user), 0)
      yield* assertBalanced
    }).pipe(Effect.scoped)
  )
})

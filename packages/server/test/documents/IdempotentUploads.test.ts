import { assert } from "@effect/vitest"
import { ObjectStore } from "@kite/adapters/objects/ObjectStore"
import { IdempotencyKeys } from "@kite/server/documents/IdempotencyKeys"
import { assertBalanced } from "@kite/testkit/documents/Rows"
import { eventually } from "@kite/testkit/Eventually"
import { type Answer, type Caller, sendAs, signUp, upload, usedBytes } from "@kite/testkit/http/Client"
import { startInstance } from "@kite/testkit/http/Instances"
import { contentType, end, filePart, uploadForm } from "@kite/testkit/http/Multipart"
import { assertProblem } from "@kite/testkit/http/Problem"
import { openSocket } from "@kite/testkit/http/RawSocket"
import { TestServer } from "@kite/testkit/http/TestServer"
import { suite } from "@kite/testkit/Suite"
import { Effect, Schema, Stream } from "effect"
import { SqlClient } from "effect/sql"

const limitBytes = 1_000_000
const server = TestServer.layerWith({ QUOTA_BYTES: String(limitBytes) })

interface Sent {
  readonly content?: string
  readonly filename?: string
  readonly query?: string
}

const send = (user: Caller, key: string, { content = "hello", filename = "a.txt", query = "" }: Sent = {}) =>
  sendAs(user, `/api/documents${query}`, {
    method: "POST",
    headers: { "idempotency-key": key },
    body: uploadForm(content, filename)
  })

const documentsOf = (user: Caller) =>
  Effect.map(sendAs(user, "/api/documents?limit=100"), ({ json }) => json.items as ReadonlyArray<{ id: string }>)

const keysOf = Effect.fnUntraced(function* (user: { readonly id: string }) {
  const sql = yield* SqlClient.SqlClient
  return yield* sql<{ holder: string; status: number | null }>`
    SELECT holder, status FROM idempotency_keys WHERE user_id = ${user.id}`
})

/** Begins an upload with this key, and stops in the middle of its file. */
const beginUpload = Effect.fnUntraced(function* (user: Caller & { readonly id: string }, key: string) {
  const socket = yield* openSocket
  const authorization = user.authorization["authorization"]
  const body = filePart("x".repeat(50_000)) + end
  socket.write(
    `POST /api/documents HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${authorization}\r\nIdempotency-Key: ${key}\r\nContent-Type: ${contentType}\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n`
  )
  socket.write(body.slice(0, 20_000))
  yield* eventually(keysOf(user), ({ length }) => length === 1)
  return {
    socket,
    finish: Effect.callback<string>((resume) => {
      let received = ""
      socket.on("data", (bytes) => {
        received += bytes.toString()
      })
      socket.once("end", () => resume(Effect.succeed(received)))
      socket.write(body.slice(20_000))
    })
  }
})

/** Repeats a request until its key is not in use. */
const untilDone = (request: Effect.Effect<Answer, never, TestServer>) =>
  eventually(request, ({ status }) => status !== 409, "30 seconds")

suite(server)("an upload with an Idempotency-Key on two servers", (it) => {
  it.effect.prop(
    "is stored once, and has one response, however its repetitions interleave",
    {
      attempts: Schema.Array(
        Schema.Struct({
          elsewhere: Schema.Boolean,
          after: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 30 })),
          leavesAfter: Schema.NullOr(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 40 })))
        })
      ).check(Schema.isBetweenLength(1, 8)),
      bytes: Schema.Literals([1, 5_000, 300_000])
    },
    Effect.fnUntraced(function* ({ attempts, bytes }) {
      const user = yield* signUp
      const other = yield* startInstance
      const on = (elsewhere: boolean) => {
        const request = send(user, '"the key"', { content: "x".repeat(bytes) })
        return untilDone(elsewhere ? Effect.provide(request, other) : request)
      }
      const answers = yield* Effect.forEach(
        attempts,
        ({ elsewhere, after, leavesAfter }) =>
          Effect.delay(
            leavesAfter === null
              ? Effect.asSome(on(elsewhere))
              : Effect.timeoutOption(on(elsewhere), `${leavesAfter} millis`),
            `${after} millis`
          ),
        { concurrency: "unbounded" }
      )
      const last = yield* on(false)
      assert.strictEqual(last.status, 201)
      for (const answer of [
        ...answers.flatMap((answer) => (answer._tag === "Some" ? [answer.value] : [])),
        yield* on(true)
      ]) {
        assert.strictEqual(answer.status, 201)
        assert.strictEqual(answer.text, last.text)
        assert.strictEqual(answer.headers.get("location"), `/api/documents/${last.json.id}`)
      }
      assert.deepStrictEqual(
        (yield* documentsOf(user)).map(({ id }) => id),
        [last.json.id]
      )
      assert.strictEqual(yield* usedBytes(user), Number(bytes))
      const sql = yield* SqlClient.SqlClient
      const [jobs] = yield* sql`SELECT count(*)::int AS count FROM extraction_jobs WHERE user_id = ${user.id}`
      assert.deepStrictEqual(jobs, { count: 1 })
    }, Effect.scoped),
    { arbitrary: { runs: 12 } }
  )

  it.effect("is refused while the first request with the key runs, on any server, and then returns its response", () =>
    Effect.gen(function* () {
      const user = yield* signUp
      const other = yield* startInstance
      const first = yield* beginUpload(user, "k1")
      for (const repeated of [send(user, "k1"), Effect.provide(send(user, '"k1"'), other)]) {
        const answer = yield* repeated
        assertProblem(answer, 409, "idempotency-key-in-use", "/api/documents")
        assert.strictEqual(answer.headers.get("retry-after"), "1")
      }
      const response = yield* first.finish
      assert.include(response, "201 Created")
      const again = yield* send(user, "k1", { content: "x".repeat(50_000), filename: "note.txt" })
      assert.strictEqual(again.status, 201)
      assert.include(response, again.text)
      assert.strictEqual((yield* documentsOf(user)).length, 1)
    }).pipe(Effect.scoped)
  )
})

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

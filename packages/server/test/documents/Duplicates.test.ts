import { assert } from "@effect/vitest"
import { assertBalanced } from "@kite/testkit/documents/Rows"
import { type Caller, sendAs, signUp, upload, usedBytes } from "@kite/testkit/http/Client"
import { uploadForm } from "@kite/testkit/http/Multipart"
import { assertProblem } from "@kite/testkit/http/Problem"
import { TestServer } from "@kite/testkit/http/TestServer"
import { suite } from "@kite/testkit/Suite"
import { Effect, Schema } from "effect"

const send = (user: Caller, content: string, onDuplicate: string, filename = "copy.txt") =>
  sendAs(user, `/api/documents?onDuplicate=${onDuplicate}`, { method: "POST", body: uploadForm(content, filename) })

const idsOf = (user: Caller) =>
  Effect.map(sendAs(user, "/api/documents?limit=100&sort=createdAt"), ({ json }) =>
    json.items.map(({ id }: { id: string }) => id)
  )

suite(TestServer.layer)("the same bytes twice", (it) => {
  it.effect("become another document that names the oldest one, whatever the names are", () =>
    Effect.gen(function* () {
      const user = yield* signUp
      const first = yield* upload(user, "hello", "a.txt")
      assert.notProperty(first.json, "duplicateOf")
      for (const name of ["b.txt", "a.txt"]) {
        const next = yield* upload(user, "hello", name)
        assert.strictEqual(next.status, 201)
        assert.strictEqual(next.json.duplicateOf, first.json.id)
        assert.notStrictEqual(next.json.id, first.json.id)
      }
      assert.notProperty((yield* upload(user, "hello!")).json, "duplicateOf")
      assert.strictEqual(yield* usedBytes(user), 21)
      assert.notProperty((yield* sendAs(user, `/api/documents/${first.json.id}`)).json, "duplicateOf")
    })
  )

  it.effect("are no duplicate of another account's document, nor of one that was deleted", () =>
    Effect.gen(function* () {
      const [anna, bob] = [yield* signUp, yield* signUp]
      const { json } = yield* upload(anna, "hello")
      for (const onDuplicate of ["keep", "return", "reject"]) {
        const answer = yield* send(bob, "hello", onDuplicate)
        assert.strictEqual(answer.status, 201)
        assert.notProperty(answer.json, "duplicateOf")
        yield* sendAs(bob, `/api/documents/${answer.json.id}`, { method: "DELETE" })
      }
      yield* sendAs(anna, `/api/documents/${json.id}`, { method: "DELETE" })
      assert.notProperty((yield* upload(anna, "hello")).json, "duplicateOf")
    })
  )

  it.effect("return the oldest document instead, if asked for, and store nothing", () =>
    Effect.gen(function* () {
      const user = yield* signUp
      const { json: oldest } = yield* upload(user, "hello", "a.txt")
      yield* upload(user, "hello", "b.txt")
      const answer = yield* send(user, "hello", "return")
      assert.strictEqual(answer.status, 200)
      assert.deepStrictEqual(answer.json, oldest)
      assert.strictEqual(answer.headers.get("location"), `/api/documents/${oldest.id}`)
      assert.strictEqual((yield* send(user, "other", "return")).status, 201)
      assert.strictEqual(yield* usedBytes(user), 15)
      yield* assertBalanced
    })
  )

  it.effect("are refused with the name of the document, if asked for, and store nothing", () =>
    Effect.gen(function* () {
      const user = yield* signUp
      const { json } = yield* upload(user, "hello")
      const answer = yield* send(user, "hello", "reject")
      assertProblem(answer, 409, "duplicate-document", "/api/documents")
      assert.strictEqual(answer.json.duplicateOf, json.id)
      assert.strictEqual((yield* send(user, "other", "reject")).status, 201)
      assert.strictEqual(yield* usedBytes(user), 10)
      yield* assertBalanced
    })
  )

  it.effect.prop(
    "are stored once by any number of uploads at the same time, unless one keeps them",
    { asked: Schema.Array(Schema.Literals(["keep", "return", "reject"])).check(Schema.isBetweenLength(2, 8)) },
    Effect.fnUntraced(function* ({ asked }) {
      const user = yield* signUp
      const uploads = asked.map((onDuplicate) => send(user, "hello", onDuplicate))
      const answers = yield* Effect.all(uploads, { concurrency: "unbounded" })
      const ids = yield* idsOf(user)
      const created = answers.filter(({ status }) => status === 201)
      assert.strictEqual(created.length, ids.length)
      assert.strictEqual(created.filter(({ json }) => json.duplicateOf === undefined).length, 1)
      for (const [index, { status, json }] of answers.entries()) {
        if (asked[index] === "keep") assert.strictEqual(status, 201)
        if (status === 201 && asked[index] !== "keep") assert.notProperty(json, "duplicateOf")
        if (status === 200) assert.include(ids, json.id)
        if (json.duplicateOf !== undefined) assert.include(ids, json.duplicateOf)
      }
      assert.strictEqual(yield* usedBytes(user), 5 * ids.length)
      yield* assertBalanced
    }),
    { arbitrary: { runs: 15 } }
  )

  it.effect.each(["", "KEEP", "return,reject", "1"])("names an unknown onDuplicate: %s", (onDuplicate) =>
    Effect.gen(function* () {
      const answer = yield* send(yield* signUp, "hello", onDuplicate)
      assertProblem(answer, 400, "invalid-request", "/api/documents")
      assert.deepStrictEqual(answer.json.errors[0].path, ["query", "onDuplicate"])
    })
  )
})

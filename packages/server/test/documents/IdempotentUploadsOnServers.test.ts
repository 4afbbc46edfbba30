import { assert } from "@effect/vitest"
import { eventually } from "@kite/testkit/Eventually"
import { type Answer, signUp, usedBytes } from "@kite/testkit/http/Client"
import { startInstance } from "@kite/testkit/http/Instances"
import { assertProblem } from "@kite/testkit/http/Problem"
import type { TestServer } from "@kite/testkit/http/TestServer"
import { suite } from "@kite/testkit/Suite"
import { Effect, Schema } from "effect"
import { SqlClient } from "effect/sql"

import { beginUpload, documentsOf, sendWithKey as send, server } from "./UploadsWithKeys.ts"

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

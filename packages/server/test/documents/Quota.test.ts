import { assert } from "@effect/vitest"
import { assertBalanced } from "@kite/testkit/documents/Rows"
import { sendAs, signUp, upload, usedBytes } from "@kite/testkit/http/Client"
import { assertProblem } from "@kite/testkit/http/Problem"
import { TestServer } from "@kite/testkit/http/TestServer"
import { suite } from "@kite/testkit/Suite"
import { Effect, Schema } from "effect"

const limitBytes = 1_000_000
const server = TestServer.layerWith({ QUOTA_BYTES: String(limitBytes), MAX_UPLOAD_BYTES: "600000" })

/** A body of unknown length, in chunks. */
const streamed = (bytes: number, boundary: string) => {
  const head = `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n`
  let left = bytes
  return new ReadableStream({
    start: (controller) => controller.enqueue(Buffer.from(head)),
    pull: (controller) => {
      const size = Math.min(left, 10_000)
      left -= size
      controller.enqueue(Buffer.alloc(size, "x"))
      if (left > 0) return
      controller.enqueue(Buffer.from(`\r\n--${boundary}--\r\n`))
      controller.close()
    }
  })
}

suite(server)("the quota", (it) => {
  it.effect("for ten files admits exactly ten of fifty concurrent uploads", () =>
    Effect.gen(function* () {
      const user = yield* signUp
      const uploads = Array.from({ length: 50 }, () => upload(user, "x".repeat(limitBytes / 10)))
      const answers = yield* Effect.all(uploads, { concurrency: "unbounded" })
      for (const answer of answers) if (answer.status !== 201) assertProblem(answer, 413, "quota-exceeded")
      assert.strictEqual(answers.filter(({ status }) => status === 201).length, 10)
      assert.strictEqual(yield* usedBytes(user), limitBytes)
      assert.strictEqual((yield* sendAs(user, "/api/documents?limit=100")).json.items.length, 10)
      yield* assertBalanced
    })
  )

  it.effect.prop(
    "is never exceeded and always equals the sum, for any sizes and concurrent removals",
    {
      sizes: Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 400_000 }))).check(
        Schema.isBetweenLength(1, 8)
      )
    },
    Effect.fnUntraced(function* ({ sizes }) {
      const user = yield* signUp
      const stored = yield* Effect.forEach(
        sizes,
        Effect.fnUntraced(function* (size, index) {
          const { status, json } = yield* upload(user, "x".repeat(size))
          if (status !== 201) return 0
          if (index % 3 > 0) return size
          yield* sendAs(user, `/api/documents/${json.id}`, { method: "DELETE" })
          return 0
        }),
        { concurrency: "unbounded" }
      )
      const sum = stored.reduce((total, size) => total + size, 0)
      assert.strictEqual(yield* usedBytes(user), sum)
      assert.isAtMost(sum, limitBytes)
      yield* assertBalanced
    }),
    { arbitrary: { runs: 10 } }
  )

  it.effect("is exact to the byte", () =>
    Effect.gen(function* () {
      const user = yield* signUp
      yield* upload(user, "x".repeat(500_000))
      const over = yield* upload(user, "x".repeat(500_001))
      assertProblem(over, 413, "quota-exceeded", "/api/documents")
      assert.deepInclude(over.json, { usedBytes: 500_000, limitBytes, rejectedBytes: 500_001 })
      const full = yield* upload(user, "x".repeat(500_000))
      assert.strictEqual(full.status, 201)
      const one = yield* upload(user, "x")
      assertProblem(one, 413, "quota-exceeded", "/api/documents")
      assert.deepInclude(one.json, { usedBytes: limitBytes, limitBytes, rejectedBytes: 1 })
      yield* sendAs(user, `/api/documents/${full.json.id}`, { method: "DELETE" })
      assert.strictEqual((yield* upload(user, "x")).status, 201)
    })
  )

  it.effect("stops an upload of unknown length at the limit", () =>
    Effect.gen(function* () {
      const user = yield* signUp
      yield* upload(user, "x".repeat(600_000))
      const body = streamed(590_000, "b")
      const headers = { "content-type": "multipart/form-data; boundary=b" }
      const answer = yield* sendAs(user, "/api/documents", { method: "POST", headers, body, duplex: "half" })
      assertProblem(answer, 413, "quota-exceeded", "/api/documents")
      assert.deepInclude(answer.json, { usedBytes: 600_000, limitBytes })
      assert.isAbove(answer.json.rejectedBytes, 400_000)
      assert.isBelow(answer.json.rejectedBytes, 590_000)
      yield* assertBalanced
    })
  )

  it.effect("is not checked for a file above the maximum size", () =>
    Effect.gen(function* () {
      const user = yield* signUp
      const told = yield* upload(user, "x".repeat(5_000_000))
      assertProblem(told, 413, "upload-too-large", "/api/documents")
      assert.deepInclude(told.json, { usedBytes: 0, limitBytes, maxUploadBytes: 600_000 })
      const headers = { "content-type": "multipart/form-data; boundary=b" }
      for (const size of [600_001, 900_000]) {
        const body = streamed(size, "b")
        const answer = yield* sendAs(user, "/api/documents", { method: "POST", headers, body, duplex: "half" })
        assertProblem(answer, 413, "upload-too-large", "/api/documents")
        assert.isAbove(answer.json.rejectedBytes, 600_000)
      }
      assert.strictEqual((yield* upload(user, "x".repeat(600_000))).status, 201)
      yield* assertBalanced
    })
  )
})

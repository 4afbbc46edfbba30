import { assert } from "@effect/vitest"
import { partSize } from "@kite/domain/search/Blocks"
import { setText } from "@kite/testkit/documents/Rows"
import { sendAs, signUp, upload } from "@kite/testkit/http/Client"
import { assertProblem } from "@kite/testkit/http/Problem"
import { beginDownload, untilDropped } from "@kite/testkit/http/RawSocket"
import { TestServer } from "@kite/testkit/http/TestServer"
import { suite } from "@kite/testkit/Suite"
import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { DownloadPatience } from "../../src/documents/StalledDownload.ts"

const parts = 640
const sizeBytes = parts * partSize

const server = (variables: Readonly<Record<string, string>>, patience: number) =>
  TestServer.layerWith(variables).pipe(Layer.provide(Layer.succeed(DownloadPatience, patience)))

/** A document with 20 MiB of text, more than sockets hold, and one with a word. */
const twoTexts = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const user = yield* signUp
  const [{ json: long }, { json: short }] = [yield* upload(user, "long"), yield* upload(user, "short")]
  yield* setText(long.id, ["first"])
  yield* setText(short.id, ["word"])
  yield* sql`INSERT INTO pages (document_id, number, part, text, source)
    SELECT ${long.id}::uuid, 1, part, repeat('x', ${partSize}), 'text' FROM generate_series(1, ${parts}) AS part`
  return {
    user,
    id: long.id as string,
    path: `/api/documents/${long.id}/text`,
    short: `/api/documents/${short.id}/text`
  }
})

const types = ["application/json", "text/plain"]

suite(server({ MAX_DOWNLOADS_PER_ACCOUNT: "1" }, 600_000))("long texts", (it) => {
  it.effect("count as downloads of their account; short ones and HEAD are never refused", () =>
    Effect.gen(function* () {
      const { user, path, short } = yield* twoTexts
      yield* Effect.gen(function* () {
        yield* beginDownload(user, path)
        const ask = sendAs(user, path)
        for (const refused of yield* Effect.all([ask, ask], { concurrency: 2 })) {
          assertProblem(refused, 429, "too-many-transfers", path)
          assert.strictEqual(refused.headers.get("retry-after"), "1")
        }
        assert.strictEqual((yield* sendAs(user, short)).status, 200)
        assert.strictEqual((yield* sendAs(user, path, { method: "HEAD" })).status, 200)
      }).pipe(Effect.scoped)
      assert.strictEqual((yield* sendAs(user, path)).json.items[0].text.length, sizeBytes + 5)
    })
  )
})

suite(server({}, 3_000))("a long text that nobody reads", (it) => {
  it.effect.each(types)("is dropped, and one that is read is not: %s", (accept) =>
    Effect.gen(function* () {
      const { user, path } = yield* twoTexts
      const socket = yield* beginDownload(user, path, accept)
      assert.isBelow(yield* Effect.timeout(untilDropped(socket), "30 seconds"), sizeBytes)
      const read = yield* sendAs(user, path, { headers: { accept } })
      assert.isAtLeast(read.text.length, sizeBytes)
    })
  )
})

suite(server({}, 600_000))("a text that changes while it is read", (it) => {
  it.effect.each(types)("breaks off, so that nobody takes two halves for a whole: %s", (accept) =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const { user, id, path } = yield* twoTexts
      const socket = yield* beginDownload(user, path, accept)
      yield* sql`UPDATE documents SET attempt = attempt + 1 WHERE id = ${id}`
      let received = ""
      yield* Effect.callback<void>((resume) => {
        socket.setEncoding("latin1").on("data", (data) => {
          received += data
        })
        socket.once("end", () => socket.destroy()).once("close", () => resume(Effect.void))
      }).pipe(Effect.timeout("20 seconds"))
      assert.match(received, /^HTTP\/1\.1 200 /)
      assert.isBelow(received.length, sizeBytes)
      // Neither complete by its length, nor by the last chunk.
      assert.notMatch(received, /\r\n0\r\n\r\n$/)
      assert.strictEqual((yield* sendAs(user, path)).status, 200)
    })
  )
})

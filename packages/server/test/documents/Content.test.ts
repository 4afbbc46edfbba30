import { assert } from "@effect/vitest"
import { type Answer, type Caller, sendAs, signUp, upload } from "@kite/testkit/http/Client"
import { assertProblem } from "@kite/testkit/http/Problem"
import { TestServer } from "@kite/testkit/http/TestServer"
import { suite } from "@kite/testkit/Suite"
import { parse } from "content-disposition"
import { Context, Effect, Layer, Schema } from "effect"

const text = "0123456789abcdefghij"

/** One document for the whole file, and its owner. */
class Sample extends Context.Service<
  Sample,
  { readonly user: Caller; readonly id: string; readonly etag: string; readonly createdAt: string }
>()("@kite/server/test/documents/Sample") {
  static readonly layer = Layer.effect(
    Sample,
    Effect.gen(function* () {
      const user = yield* signUp
      const { json } = yield* upload(user, text)
      return Sample.of({ user, id: json.id, etag: `"${json.sha256}"`, createdAt: json.createdAt })
    })
  )
}

const content = (headers: Record<string, string> = {}, method = "GET") =>
  Effect.flatMap(Sample, ({ user, id }) => sendAs(user, `/api/documents/${id}/content`, { method, headers }))

const assertWhole = (answer: Answer) => {
  assert.deepStrictEqual([answer.status, answer.text], [200, text])
  assert.isNull(answer.headers.get("content-range"))
}

suite(Sample.layer.pipe(Layer.provideMerge(TestServer.layer)))("a document's content", (it) => {
  it.effect("is sent whole, as an attachment in a sandbox that no shared cache stores", () =>
    Effect.gen(function* () {
      const answer = yield* content()
      assertWhole(answer)
      const { etag } = yield* Sample
      const expected = {
        "content-type": "text/plain",
        "content-length": "20",
        etag,
        "accept-ranges": "bytes",
        "cache-control": "private, no-cache",
        "content-disposition": "attachment; filename=note.txt",
        "content-security-policy": "sandbox; default-src 'none'",
        "x-content-type-options": "nosniff"
      }
      for (const [name, value] of Object.entries(expected)) assert.strictEqual(answer.headers.get(name), value, name)
    })
  )

  it.effect.each([
    ["bytes=0-0", "0", "0-0"],
    ["bytes=19-19", "j", "19-19"],
    ["bytes=5-9", "56789", "5-9"],
    ["bytes=15-", "fghij", "15-19"],
    ["bytes=0-", text, "0-19"],
    ["bytes=-1", "j", "19-19"],
    ["bytes=-5", "fghij", "15-19"],
    ["bytes=-20", text, "0-19"],
    ["bytes=-21", text, "0-19"],
    ["bytes=-5000", text, "0-19"],
    ["bytes=-99999999999999999999999", text, "0-19"],
    ["bytes= -5000", text, "0-19"],
    ["bytes=18-4000", "ij", "18-19"],
    ["bytes=0-99999999999999999999999", text, "0-19"],
    ["Bytes=3-4", "34", "3-4"],
    ["bytes=40-50, 3-4", "34", "3-4"]
  ])("answers a range with that part of it: %s", ([range = "", part = "", contentRange = ""]) =>
    Effect.gen(function* () {
      const answer = yield* content({ range })
      assert.deepStrictEqual([answer.status, answer.text], [206, part])
      assert.strictEqual(answer.headers.get("content-range"), `bytes ${contentRange}/20`)
      assert.strictEqual(answer.headers.get("content-length"), String(part.length))
      assert.strictEqual(answer.headers.get("etag"), (yield* Sample).etag)
    })
  )

  it.effect.each(["bytes=20-", "bytes=20-30", "bytes=99999999999999999999-", "bytes=-0", "bytes=7-3"])(
    "refuses a range beyond its end or with reversed bounds, and returns its length: %s",
    (range) =>
      Effect.gen(function* () {
        const answer = yield* content({ range })
        assertProblem(answer, 416, "range-not-satisfiable", `/api/documents/${(yield* Sample).id}/content`)
        assert.strictEqual(answer.headers.get("content-range"), "bytes */20")
      })
  )

  it.effect.each(["bytes=0-1,5-6", "bytes=a-b", "bytes", "bytes=", "items=0-1", "items=99-", "=0-1", "bytes=0x1-2"])(
    "is sent whole for several ranges, a malformed range or another unit: %s",
    (range) => Effect.map(content({ range }), assertWhole)
  )

  it.effect("is sent in part only if If-Range has its current ETag", () =>
    Effect.gen(function* () {
      const { etag } = yield* Sample
      const range = "bytes=1-2"
      assert.strictEqual((yield* content({ range, "if-range": etag })).text, "12")
      assertWhole(yield* content({ range, "if-range": '"another"' }))
      assertWhole(yield* content({ range, "if-range": `W/${etag}` }))
      assertWhole(yield* content({ range, "if-range": "Sun, 22 Nov 2026 21:00:00 GMT" }))
    })
  )

  it.effect("is not sent again to a client that has it", () =>
    Effect.gen(function* () {
      const { etag } = yield* Sample
      for (const held of [etag, `W/${etag}`, `"other", ${etag}`, "*"]) {
        const answer = yield* content({ "if-none-match": held, range: "bytes=0-1" })
        assert.deepStrictEqual([answer.status, answer.text], [304, ""], held)
        assert.strictEqual(answer.headers.get("etag"), etag)
        assert.strictEqual(answer.headers.get("cache-control"), "private, no-cache")
      }
      assertWhole(yield* content({ "if-none-match": '"other", W/"third"' }))
    })
  )

  it.effect(
    "has the time of its upload as Last-Modified, and is not sent again to a client that has it since then",
    () =>
      Effect.gen(function* () {
        const { createdAt } = yield* Sample
        const whole = yield* content()
        const modified = whole.headers.get("last-modified") ?? ""
        assert.strictEqual(modified, new Date(createdAt).toUTCString())
        const at = Date.parse(modified)
        const [before, after] = [at - 1_000, at + 1_000].map((millis) => new Date(millis).toUTCString())
        for (const since of [modified, after ?? ""]) {
          const answer = yield* content({ "if-modified-since": since })
          assert.deepStrictEqual([answer.status, answer.text], [304, ""], since)
          assert.strictEqual(answer.headers.get("last-modified"), modified)
        }
        for (const since of [before ?? "", "yesterday", "5", ""])
          assertWhole(yield* content({ "if-modified-since": since }))
        assertWhole(yield* content({ "if-modified-since": modified, "if-none-match": '"other"' }))
        assert.strictEqual((yield* content({ range: "bytes=1-2", "if-range": modified })).text, "12")
      })
  )

  it.effect("is sent only if the preconditions of the request hold", () =>
    Effect.gen(function* () {
      const { etag, id } = yield* Sample
      const modified = (yield* content()).headers.get("last-modified") ?? ""
      const before = new Date(Date.parse(modified) - 1_000).toUTCString()
      const refused: ReadonlyArray<Record<string, string>> = [
        { "if-match": '"other"' },
        { "if-match": `W/${etag}` },
        { "if-match": '"other"', "if-none-match": etag },
        { "if-match": '"other"', "if-unmodified-since": modified },
        { "if-unmodified-since": before },
        { "if-unmodified-since": before, range: "bytes=0-1" }
      ]
      for (const headers of refused) {
        const answer = yield* content(headers)
        assertProblem(answer, 412, "precondition-failed", `/api/documents/${id}/content`)
        assert.strictEqual(answer.headers.get("etag"), etag)
      }
      const passed: ReadonlyArray<Record<string, string>> = [
        { "if-match": etag },
        { "if-match": "*" },
        { "if-match": `"other", ${etag}` },
        { "if-match": etag, "if-unmodified-since": before },
        { "if-unmodified-since": modified },
        { "if-unmodified-since": "yesterday" }
      ]
      for (const headers of passed) assertWhole(yield* content(headers))
      assert.strictEqual((yield* content({ "if-match": etag, "if-none-match": etag })).status, 304)
    })
  )

  it.effect("returns the headers of the whole for HEAD, with or without a range", () =>
    Effect.gen(function* () {
      const whole = yield* content()
      for (const headers of [{}, { range: "bytes=0-1" }, { range: "bytes=99-" }]) {
        const head = yield* content(headers, "HEAD")
        assert.deepStrictEqual([head.status, head.text], [200, ""])
        for (const name of ["content-length", "content-type", "etag", "content-disposition", "accept-ranges"]) {
          assert.strictEqual(head.headers.get(name), whole.headers.get(name), name)
        }
      }
      assert.strictEqual((yield* content({ "if-none-match": "*" }, "HEAD")).status, 304)
    })
  )

  it.effect.prop(
    "has its filename in Content-Disposition, whatever the filename",
    { name: Schema.NonEmptyString },
    Effect.fnUntraced(function* ({ name }) {
      const { user, id } = yield* Sample
      const renamed = yield* sendAs(user, `/api/documents/${id}`, {
        method: "PATCH",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ filename: name.slice(0, 4096) })
      })
      const { headers } = yield* content({}, "HEAD")
      const {
        type,
        parameters: { filename }
      } = parse(headers.get("content-disposition") ?? "")
      assert.deepStrictEqual([type, filename], ["attachment", renamed.json.filename])
    }),
    { arbitrary: { runs: 60 } }
  )

  it.effect.each([
    "Grüße.pdf",
    "報告書 2026.docx",
    'a"b\\c.txt',
    "😀%41;x=y.pdf",
    "naïve plan (1).txt",
    "...",
    "*UTF-8''"
  ])("is offered under its own name: %s", (name) =>
    Effect.gen(function* () {
      const { user } = yield* Sample
      const { json } = yield* upload(user, "text", name)
      assert.strictEqual(json.filename, name.split("\\").at(-1))
      const answer = yield* sendAs(user, `/api/documents/${json.id}/content`)
      const {
        parameters: { filename }
      } = parse(answer.headers.get("content-disposition") ?? "")
      assert.strictEqual(filename, json.filename)
    })
  )
})

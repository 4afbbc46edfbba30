import { assert } from "@effect/vitest"
import { partSize } from "@kite/domain/search/Blocks"
import { setText, undivide } from "@kite/testkit/documents/Rows"
import { type Answer, clientOf, sendAs, signUp, upload } from "@kite/testkit/http/Client"
import { assertProblem } from "@kite/testkit/http/Problem"
import { TestServer } from "@kite/testkit/http/TestServer"
import { suite } from "@kite/testkit/Suite"
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

const plain = { headers: { accept: "text/plain" } }

/** A document of somebody new with these pages. */
const documentOf = Effect.fnUntraced(function* (pages: ReadonlyArray<string>) {
  const user = yield* signUp
  const { json } = yield* upload(user, "text")
  yield* setText(json.id, pages)
  return { user, id: json.id, path: `/api/documents/${json.id}/text` }
})

/** Follows `nextPage` from the first page to the last. */
const readPages = Effect.fnUntraced(function* (
  { user, path }: Effect.Success<ReturnType<typeof documentOf>>,
  limit: number
) {
  const found: Array<{ number: number; text: string }> = []
  for (let page: number | null = 1; page !== null; ) {
    const { status, json }: Answer = yield* sendAs(user, `${path}?page=${page}&limit=${limit}`)
    assert.strictEqual(status, 200)
    assert.isAtMost(json.items.length, limit)
    found.push(...json.items)
    page = json.nextPage
  }
  return found
})

const nasty = 'quote " backslash \\ tab \t line\r\n é 報 😀 \u2028 \u007f </script>'

/** What can go wrong where a text is divided: nothing, short and long pages, each kind of character at each edge. */
const shelves: ReadonlyArray<readonly [string, ReadonlyArray<string>]> = [
  ["one empty page", [""]],
  ["short pages", ["first", "", nasty, "\n", "last"]],
  ["120 pages", Array.from({ length: 120 }, (_, index) => `page ${index + 1} ${nasty}`)],
  ["a page of exactly two parts", ["a".repeat(2 * partSize)]],
  ["pages around the length of a part", [-1, 0, 1].map((more) => "é".repeat(partSize + more))],
  ["long pages between short and empty ones", ["", "b", nasty.repeat(6_000), "", "😀".repeat(100_000), "end"]],
  ["many pages of some length", Array.from({ length: 40 }, (_, index) => `${index} ${nasty}`.repeat(200 + index))]
]

suite(TestServer.layer)("the text of a document", (it) => {
  for (const [name, pages] of shelves) {
    for (const [how, change] of [
      ["in parts", () => Effect.void],
      ["as before parts", undivide]
    ] as const) {
      it.effect(`is the same page by page and as a whole: ${name}, stored ${how}`, () =>
        Effect.gen(function* () {
          const document = yield* documentOf(pages)
          yield* change(document.id)
          const { user, path } = document
          const whole = pages.join("\f")
          const read = yield* sendAs(user, path, plain)
          assert.isTrue(read.text === whole)
          const length = String(Buffer.byteLength(whole))
          assert.strictEqual(read.headers.get("content-length"), length)
          const head = yield* sendAs(user, path, { method: "HEAD", ...plain })
          assert.deepStrictEqual([head.status, head.text, head.headers.get("content-length")], [200, "", length])
          for (const limit of [7, 100]) {
            const found = yield* readPages(document, limit)
            assert.isTrue(found.map(({ text }) => text).join("\f") === whole)
            assert.deepStrictEqual(
              found.map(({ number }) => number),
              pages.map((_, index) => index + 1)
            )
          }
        })
      )
    }
  }

  it.effect("comes 20 pages at a time, or as many as are asked for, up to 100", () =>
    Effect.gen(function* () {
      const { user, path } = yield* documentOf(Array.from({ length: 45 }, (_, index) => `page ${index + 1}`))
      const get = (query: string) =>
        Effect.map(sendAs(user, path + query), ({ json }) => [json.items[0]?.number, json.items.length, json.nextPage])
      assert.deepStrictEqual(yield* get(""), [1, 20, 21])
      assert.deepStrictEqual(yield* get("?page=21"), [21, 20, 41])
      assert.deepStrictEqual(yield* get("?page=41"), [41, 5, null])
      assert.deepStrictEqual(yield* get("?page=26&limit=20"), [26, 20, null])
      assert.deepStrictEqual(yield* get("?page=45&limit=1"), [45, 1, null])
      assert.deepStrictEqual(yield* get("?limit=100"), [1, 45, null])
      assert.deepStrictEqual(yield* get("?page=46"), [undefined, 0, null])
      assert.deepStrictEqual(yield* get("?page=1000000"), [undefined, 0, null])
      for (const query of ["?page=0", "?page=-1", "?page=1.5", "?page=x", "?page=1000001", "?limit=0", "?limit=101"]) {
        assertProblem(yield* sendAs(user, path + query), 400, "invalid-request", path)
      }
      const some = yield* sendAs(user, `${path}?page=44&limit=2`, plain)
      assert.strictEqual(some.text, "page 44\fpage 45")
      assert.strictEqual((yield* sendAs(user, `${path}?page=45`, plain)).text, "page 45")
    })
  )

  it.effect("has its source and confidence, and can be read by a typed client", () =>
    Effect.gen(function* () {
      const { user, id } = yield* documentOf(["by OCR", "x".repeat(100_000)])
      const sql = yield* SqlClient.SqlClient
      yield* sql`UPDATE pages SET source = 'ocr', confidence = 87.5 WHERE document_id = ${id} AND number = 1`
      const { documents } = yield* clientOf(user)
      assert.deepStrictEqual(yield* documents.text({ params: { id }, query: {} }), {
        items: [
          { number: 1, text: "by OCR", source: "ocr", ocrConfidence: 87.5 },
          { number: 2, text: "x".repeat(100_000), source: "text" }
        ],
        nextPage: null
      })
    })
  )

  it.effect.each([
    [undefined, "application/json"],
    ["*/*", "application/json"],
    ["application/json, text/plain, */*", "application/json"],
    ["text/plain;q=0.5, application/json;q=0.4", "text/plain; charset=utf-8"],
    ["text/plain", "text/plain; charset=utf-8"],
    ["TEXT/PLAIN; charset=utf-8", "text/plain; charset=utf-8"],
    ["text/*", "text/plain; charset=utf-8"],
    ["text/html, text/plain, */*;q=0.1", "text/plain; charset=utf-8"],
    ["text/plain;q=0, */*", "application/json"],
    ["application/json;q=0, */*;q=0.1", "text/plain; charset=utf-8"],
    ["image/png", "application/json"],
    ["", "application/json"]
  ])("is JSON or plain text, as Accept prefers: %s", ([accept, type]) =>
    Effect.gen(function* () {
      for (const pages of [["short"], ["long ".repeat(20_000)]]) {
        const { user, path } = yield* documentOf(pages)
        for (const method of ["GET", "HEAD"]) {
          const { headers } = yield* sendAs(user, path, { method, headers: accept === undefined ? {} : { accept } })
          assert.strictEqual(headers.get("content-type"), type)
          assert.strictEqual(headers.get("vary"), "Accept")
          assert.strictEqual(headers.get("cache-control"), "private, no-cache")
          assert.match(headers.get("x-correlation-id") ?? "", /^[0-9a-f-]{36}$/)
        }
      }
    })
  )

  it.effect("is not sent again to a client that has it, until it is extracted again", () =>
    Effect.gen(function* () {
      const { user, id, path } = yield* documentOf(["text"])
      const etagOf = (answer: { readonly headers: Headers }) => answer.headers.get("etag") ?? ""
      const [json, text] = [etagOf(yield* sendAs(user, path)), etagOf(yield* sendAs(user, path, plain))]
      assert.notStrictEqual(json, text)
      const ask = (etag: string, accept: string) => sendAs(user, path, { headers: { accept, "if-none-match": etag } })
      for (const [etag, accept] of [
        [json, "application/json"],
        [text, "text/plain"],
        ["*", "text/plain"]
      ] as const) {
        const unchanged = yield* ask(etag, accept)
        assert.deepStrictEqual([unchanged.status, unchanged.text], [304, ""])
        assert.strictEqual(unchanged.headers.get("cache-control"), "private, no-cache")
      }
      assert.strictEqual((yield* ask(json, "text/plain")).status, 200)
      const sql = yield* SqlClient.SqlClient
      yield* sql`UPDATE documents SET attempt = attempt + 1 WHERE id = ${id}`
      assert.strictEqual((yield* ask(json, "application/json")).status, 200)
    })
  )

  it.effect("of another account, or of no document, is not found", () =>
    Effect.gen(function* () {
      const { path } = yield* documentOf(["secret"])
      const other = yield* signUp
      assertProblem(yield* sendAs(other, path, plain), 404, "not-found", path)
      assertProblem(yield* sendAs(other, path), 404, "not-found", path)
    })
  )
})

import { assert } from "@effect/vitest"
import { insertDocuments, setText } from "@kite/testkit/documents/Rows"
import { type Caller, sendAs, signUp } from "@kite/testkit/http/Client"
import { assertProblem } from "@kite/testkit/http/Problem"
import { TestServer } from "@kite/testkit/http/TestServer"
import { suite } from "@kite/testkit/Suite"
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

const list = (user: Caller, query: Record<string, string>) =>
  sendAs(user, `/api/documents?${new URLSearchParams(query)}`)

/** The names of all hits, page by page. */
const namesOf = Effect.fnUntraced(function* (user: Caller, query: Record<string, string>) {
  const names: Array<string> = []
  let cursor: string | null = ""
  while (cursor !== null) {
    const { json, status, text }: { json: any; status: number; text: string } = yield* list(
      user,
      cursor === "" ? query : { ...query, cursor }
    )
    assert.strictEqual(status, 200, text)
    names.push(...json.items.map(({ filename }: any) => filename))
    cursor = json.nextCursor
  }
  return names
})

/** Documents with these names and texts, in order of their creation. */
const shelve = Effect.fnUntraced(function* (
  user: Caller & { readonly id: string },
  shelf: ReadonlyArray<[string, string]>
) {
  const ids = yield* insertDocuments(
    user.id,
    shelf.map(([name]) => name)
  )
  for (const [index, [, text]] of shelf.entries()) if (text !== "") yield* setText(ids[index] ?? "", [text])
  return ids
})

/** More words than one row of the index takes: numbers from here on. */
const manyWords = (from: number) => Array.from({ length: 40_000 }, (_, index) => `n${from + index}`).join(" ")

suite(TestServer.layer)("hits", (it) => {
  const order: ReadonlyArray<[string, string]> = [
    ["text folded, old", "nach Zürich"],
    ["text exact, old", "to Zurich"],
    ["Zürich name folded", ""],
    ["Zurich name exact", ""],
    ["both spellings", "Zürich or Zurich"],
    ["nothing", "Basel"],
    ["text folded, new", "Zürich again"],
    ["Zurich name exact, new", "Zürich"]
  ]
  const expected = [
    "Zurich name exact, new",
    "Zurich name exact",
    "Zürich name folded",
    "both spellings",
    "text exact, old",
    "text folded, new",
    "text folded, old"
  ]

  it.effect.each(["1", "2", "3", "7", "20"])(
    "come by relevance: names before texts, exact before folded, then the newest; %s a page",
    (limit) =>
      Effect.gen(function* () {
        const user = yield* signUp
        yield* shelve(user, order)
        assert.deepStrictEqual(yield* namesOf(user, { q: "Zurich", limit }), expected)
      })
  )

  it.effect("come in the same order when most documents are hits", () =>
    Effect.gen(function* () {
      const user = yield* signUp
      const crowd = (count: number, name: string, text: string) =>
        Array.from({ length: count }, (_, index): [string, string] => [`${name} ${index}`, text])
      const shelf = [
        ...crowd(30, "invoice", "other"),
        ...crowd(30, "b", "the invoices"),
        ...crowd(30, "c", "one invoice"),
        ...crowd(30, "invoices", "other"),
        ...crowd(5, "d", "nothing")
      ]
      yield* shelve(user, shelf)
      const tier = ["invoice ", "invoices", "c ", "b "]
      const wanted = tier.flatMap((start) =>
        shelf
          .map(([name]) => name)
          .filter((name) => name.startsWith(start))
          .reverse()
      )
      for (const limit of ["7", "100"]) assert.deepStrictEqual(yield* namesOf(user, { q: "invoice", limit }), wanted)
      const byName = yield* namesOf(user, { q: "invoice", limit: "50", sort: "filename" })
      assert.strictEqual(byName.length, 120)
      assert.deepStrictEqual(byName.slice(0, 3), ["b 0", "b 1", "b 2"])
      const oldest = yield* namesOf(user, { q: "invoice", limit: "50", sort: "createdAt" })
      assert.deepStrictEqual(
        oldest,
        shelf.map(([name]) => name).filter((name) => !name.startsWith("d"))
      )
      assert.deepStrictEqual(yield* namesOf(user, { q: "invoice", status: "failed" }), [])
      assert.strictEqual((yield* namesOf(user, { q: "invoice", status: "ready", limit: "100" })).length, 120)
    })
  )

  it.effect("are found although the newest hundred documents hold none, or all of them", () =>
    Effect.gen(function* () {
      const user = yield* signUp
      const shelf = Array.from({ length: 260 }, (_, index): [string, string] => [
        String(index),
        index % 130 < 5 ? "seldom word" : index > 150 ? "frequent" : ""
      ])
      yield* shelve(user, shelf)
      const seldom = ["134", "133", "132", "131", "130", "4", "3", "2", "1", "0"]
      assert.deepStrictEqual(yield* namesOf(user, { q: "seldom", limit: "3" }), seldom)
      assert.strictEqual((yield* namesOf(user, { q: "frequent", limit: "40" })).length, 109)
      assert.strictEqual((yield* namesOf(user, { q: "-frequent", limit: "40" })).length, 151)
    })
  )

  it.effect("are found by words of different pages, and of name and text together", () =>
    Effect.gen(function* () {
      const user = yield* signUp
      const [id = ""] = yield* insertDocuments(user.id, ["Report.pdf"])
      yield* setText(id, ["first page", "second page"])
      for (const q of ["first second", "report second", "report -third", "first OR third"]) {
        assert.deepStrictEqual(yield* namesOf(user, { q }), ["Report.pdf"], q)
      }
      for (const q of ["first third", "report -second"]) assert.deepStrictEqual(yield* namesOf(user, { q }), [], q)
    })
  )

  it.effect("are found by all words of a document of many rows", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const user = yield* signUp
      yield* shelve(user, [["small n7", "n1 n90000"]])
      const [id = ""] = yield* insertDocuments(user.id, ["Big n7.txt"])
      yield* setText(id, [`${manyWords(0)} Zürich`, manyWords(40_000), manyWords(80_000)])
      const [{ parts } = { parts: 0 }] = yield* sql<{ parts: number }>`
        SELECT count(*)::int AS parts FROM search_terms WHERE document_id = ${id}`
      assert.isAbove(parts, 3)
      for (const [q, names] of [
        ["n5 n119999", ["Big n7.txt"]],
        ["n5 n119999 -n60000", []],
        ["n5 n119999 -n120000", ["Big n7.txt"]],
        ["big n60000", ["Big n7.txt"]],
        ["n1 n90000", ["Big n7.txt", "small n7"]],
        ["n7 n90000", ["Big n7.txt", "small n7"]],
        ["n11999*", ["Big n7.txt"]],
        ["Zurich n90000", ["Big n7.txt"]],
        ["n5 OR n90000", ["Big n7.txt", "small n7"]]
      ] satisfies ReadonlyArray<[string, Array<string>]>) {
        assert.deepStrictEqual(yield* namesOf(user, { q, limit: "1" }), names, q)
        assert.deepStrictEqual(yield* namesOf(user, { q, sort: "filename" }), names, q)
      }
      yield* shelve(
        user,
        Array.from({ length: 12 }, (_, index): [string, string] => [`z${index}`, "n5 n90000"])
      )
      const crowd = yield* namesOf(user, { q: "n5 n90000", limit: "5" })
      assert.deepStrictEqual([crowd.length, crowd.at(-1)], [13, "Big n7.txt"])
      assert.strictEqual((yield* namesOf(user, { q: "n5 n90000", limit: "5", sort: "filename" }))[0], "Big n7.txt")
      yield* sendAs(user, `/api/documents/${id}`, {
        method: "PATCH",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ filename: "renamed.txt" })
      })
      assert.deepStrictEqual(yield* namesOf(user, { q: "renamed n5 n119999" }), ["renamed.txt"])
      assert.deepStrictEqual(yield* namesOf(user, { q: "big n5" }), [])
    })
  )

  it.effect("follow a rename, and keep the words of the text that the old name had too", () =>
    Effect.gen(function* () {
      const user = yield* signUp
      const [id = ""] = yield* shelve(user, [["old name.txt", "the old text"]])
      yield* sendAs(user, `/api/documents/${id}`, {
        method: "PATCH",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ filename: "fresh.txt" })
      })
      assert.deepStrictEqual(yield* namesOf(user, { q: "name" }), [])
      for (const q of ["fresh", "old", "fresh text"]) assert.deepStrictEqual(yield* namesOf(user, { q }), ["fresh.txt"])
    })
  )

  it.effect("say where not all of their words can be found", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const user = yield* signUp
      const [id] = yield* shelve(user, [
        ["part word", ""],
        ["whole word", ""]
      ])
      yield* sql`UPDATE documents SET indexed_in_part = TRUE WHERE id = ${id}`
      const { json } = yield* list(user, { q: "word" })
      assert.deepStrictEqual(
        json.items.map((item: any) => item.indexedInPart),
        [undefined, true]
      )
    })
  )

  it.effect("are one's own", () =>
    Effect.gen(function* () {
      const [one, other] = [yield* signUp, yield* signUp]
      yield* shelve(one, [["secret plan", "hidden words"]])
      for (const q of ["secret", "hidden", "h*", "-nothing"]) assert.deepStrictEqual(yield* namesOf(other, { q }), [])
    })
  )

  it.effect("take no cursor of another order", () =>
    Effect.gen(function* () {
      const user = yield* signUp
      yield* shelve(user, [
        ["a word", ""],
        ["b word", ""]
      ])
      const byRelevance = (yield* list(user, { q: "word", limit: "1" })).json.nextCursor
      const byName = (yield* list(user, { q: "word", limit: "1", sort: "filename" })).json.nextCursor
      const newest = (yield* list(user, { limit: "1" })).json.nextCursor
      assertProblem(yield* list(user, { q: "word", cursor: byName }), 400, "invalid-cursor", "/api/documents")
      assertProblem(yield* list(user, { q: "word", cursor: newest }), 400, "invalid-cursor", "/api/documents")
      assertProblem(yield* list(user, { cursor: byRelevance }), 400, "invalid-cursor", "/api/documents")
      const wrong = { q: "word", sort: "filename", cursor: byRelevance }
      assertProblem(yield* list(user, wrong), 400, "invalid-cursor", "/api/documents")
    })
  )
})

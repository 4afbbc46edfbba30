import { assert } from "@effect/vitest"
import type { DocumentSort } from "@kite/domain/documents/DocumentList"
import { insertDocuments, setText } from "@kite/testkit/documents/Rows"
import { type Caller, Someone, sendAs, signUp } from "@kite/testkit/http/Client"
import { assertProblem } from "@kite/testkit/http/Problem"
import { TestServer } from "@kite/testkit/http/TestServer"
import { suite } from "@kite/testkit/Suite"
import { Effect, Fiber, Layer } from "effect"
import { SqlClient } from "effect/sql"

const sorts: ReadonlyArray<DocumentSort> = ["createdAt", "-createdAt", "filename", "-filename"]
/** Few names for many documents, because equal names are the hard case for pages. */
const names = ["Äpfel.txt", "apfel.txt", "b", "b", "B", "報告", "😀", "z.pdf", "z (1).pdf", "-"]
const someNames = (count: number) => Array.from({ length: count }, (_, index) => names[index % names.length] ?? "")

const list = (user: Caller, query: Record<string, string> = {}) =>
  sendAs(user, `/api/documents?${new URLSearchParams(query)}`)

/** Reads every page of a list in turn; `between` runs before each. */
const walk = Effect.fnUntraced(function* <R>(
  user: Caller,
  query: Record<string, string>,
  between: Effect.Effect<void, never, R>
) {
  const items: Array<any> = []
  let cursor: string | null = ""
  while (cursor !== null) {
    yield* between
    const page: { json: any } = yield* list(user, cursor === "" ? query : { ...query, cursor })
    items.push(...page.json.items)
    cursor = page.json.nextCursor
  }
  return items
})

suite(Someone.layer.pipe(Layer.provideMerge(TestServer.layer)))("a list of documents", (it) => {
  it.effect.each(sorts)("returns every document once, page by page, while others are added and deleted: %s", (sort) =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const user = yield* signUp
      const stable = yield* insertDocuments(user.id, someNames(120))
      const churn = Effect.gen(function* () {
        const fresh = yield* insertDocuments(user.id, someNames(10))
        yield* sql`DELETE FROM documents WHERE user_id = ${user.id} AND NOT ${sql.in("id", [...stable, ...fresh])}`
      }).pipe(Effect.orDie)
      yield* churn
      const churning = yield* Effect.forkChild(Effect.forever(churn))
      const items = yield* walk(user, { sort, limit: "7" }, churn)
      yield* Fiber.interrupt(churning)
      const ids = items.map(({ id }) => id)
      assert.strictEqual(new Set(ids).size, ids.length, "nothing twice")
      assert.deepStrictEqual(
        stable.filter((id) => !ids.includes(id)),
        [],
        "nothing missing"
      )
    })
  )

  it.effect.each(sorts)("has the requested order: %s", (sort) =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const user = yield* signUp
      yield* insertDocuments(user.id, someNames(25))
      const column = sort.endsWith("filename") ? "filename_key" : "created_at"
      const direction = sql.literal(sort.startsWith("-") ? "DESC" : "ASC")
      const rows = yield* sql<{ id: string }>`
        SELECT id FROM documents WHERE user_id = ${user.id} ORDER BY ${sql(column)} ${direction}, id ${direction}`
      const items = yield* walk(user, { sort, limit: "4" }, Effect.void)
      assert.deepStrictEqual(
        items.map(({ id }) => id),
        rows.map(({ id }) => id)
      )
    })
  )

  it.effect("orders names as people do: by the value of numbers, without case and accents", () =>
    Effect.gen(function* () {
      const user = yield* signUp
      const ordered = [
        "a 1.txt",
        "Ä 2.txt",
        "a 9.txt",
        "Á 10.txt",
        "B.txt",
        "page 007.png",
        "page 12.png",
        "straße",
        "STRASSF"
      ]
      yield* insertDocuments(user.id, ordered.toReversed())
      const namesOf = (items: ReadonlyArray<any>) => items.map(({ filename }) => filename)
      assert.deepStrictEqual(namesOf(yield* walk(user, { sort: "filename", limit: "2" }, Effect.void)), ordered)
      const descending = yield* walk(user, { sort: "-filename", limit: "2" }, Effect.void)
      assert.deepStrictEqual(namesOf(descending), ordered.toReversed())
    })
  )

  it.effect("has twenty documents per page, newest first, by default", () =>
    Effect.gen(function* () {
      const user = yield* signUp
      const ids = yield* insertDocuments(user.id, someNames(101))
      const newest = (yield* list(user)).json
      assert.deepStrictEqual(
        newest.items.map(({ id }: any) => id),
        ids.toReversed().slice(0, 20)
      )
      assert.strictEqual((yield* list(user, { limit: "1" })).json.items.length, 1)
      const most = (yield* list(user, { limit: "100" })).json
      assert.strictEqual(most.items.length, 100)
      const rest = (yield* list(user, { limit: "100", cursor: most.nextCursor })).json
      assert.deepStrictEqual([rest.items.length, rest.nextCursor], [1, null])
    })
  )

  it.effect("has no cursor after a last page that is full", () =>
    Effect.gen(function* () {
      const user = yield* signUp
      assert.deepStrictEqual((yield* list(user)).json, { items: [], nextCursor: null })
      yield* insertDocuments(user.id, someNames(5))
      assert.isNull((yield* list(user, { limit: "5" })).json.nextCursor)
    })
  )

  it.effect("contains only documents with the requested status, on every page", () =>
    Effect.gen(function* () {
      const user = yield* signUp
      const ids = yield* insertDocuments(user.id, someNames(6))
      const ready = ids.filter((_, index) => index % 2 === 0)
      yield* Effect.forEach(ready, (id) => setText(id, ["text"]))
      const found = yield* walk(user, { status: "ready", sort: "createdAt", limit: "1" }, Effect.void)
      assert.deepStrictEqual(
        found.map(({ id, status }) => [id, status]),
        ready.map((id) => [id, "ready"])
      )
      assert.strictEqual((yield* walk(user, { status: "pending" }, Effect.void)).length, 3)
      assert.strictEqual((yield* walk(user, { status: "failed" }, Effect.void)).length, 0)
    })
  )

  it.effect("refuses a cursor of another sort", () =>
    Effect.gen(function* () {
      const user = yield* signUp
      yield* insertDocuments(user.id, someNames(3))
      const { nextCursor } = (yield* list(user, { limit: "1", sort: "filename" })).json
      for (const sort of sorts.filter((other) => other !== "filename")) {
        assertProblem(yield* list(user, { sort, cursor: nextCursor }), 400, "invalid-cursor", "/api/documents")
      }
    })
  )

  it.effect("refuses every forged cursor", () =>
    Effect.gen(function* () {
      const user = yield* signUp
      yield* insertDocuments(user.id, someNames(3))
      const id = "01977a5e-8c2b-7000-8000-000000000000"
      const names = ["a\0b", "\0", "\ud800", "\udfff tail", `${"x".repeat(1_000)}\0`, 5, null, {}, ["a"]]
      const positions: ReadonlyArray<unknown> = [
        ...names.map((filename) => ({ sort: "filename", id, filename })),
        { sort: "filename", id: `${id}\0`, filename: "a" },
        { sort: "filename", id: "1' OR '1'='1", filename: "a" },
        { sort: "filename", id, filename: "a", extra: true },
        { sort: "filename", id },
        { sort: "createdAt", id },
        {},
        [],
        1e308
      ]
      const forged = positions.map((position) => Buffer.from(JSON.stringify(position)).toString("base64url"))
      for (const cursor of [...forged, "x", "====", "%", "e30", "\0", "😀", "A".repeat(2_048)]) {
        assertProblem(yield* list(user, { sort: "filename", cursor }), 400, "invalid-cursor", "/api/documents")
      }
      for (const cursor of ["", "A".repeat(2_049)]) {
        assertProblem(yield* list(user, { cursor }), 400, "invalid-request", "/api/documents")
      }
    })
  )

  it.effect.each<Record<string, string>>([
    { limit: "0" },
    { limit: "101" },
    { limit: "1.5" },
    { limit: "-1" },
    { limit: "many" },
    { limit: "" },
    { limit: "1e400" },
    { sort: "size" },
    { sort: "-filename; DROP TABLE documents" },
    { status: "done" },
    { q: "" },
    { q: "x".repeat(201) },
    { q: "a\0b" }
  ])("names the invalid parameter: %j", (query) =>
    Effect.gen(function* () {
      const answer = yield* list(yield* Someone, query)
      assertProblem(answer, 400, "invalid-request", "/api/documents")
      assert.deepStrictEqual(answer.json.errors[0].path, ["query", Object.keys(query)[0]])
    })
  )
})

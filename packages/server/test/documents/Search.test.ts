import { assert } from "@effect/vitest"
import { insertDocuments, setText } from "@kite/testkit/documents/Rows"
import { type Caller, sendAs, signUp } from "@kite/testkit/http/Client"
import { TestServer } from "@kite/testkit/http/TestServer"
import { suite } from "@kite/testkit/Suite"
import { Context, Effect, Layer, Schema } from "effect"

/** Names and pages of the documents to find. */
const shelf: Record<string, ReadonlyArray<string>> = {
  "Invoice_2026-04.pdf": ["The quick brown fox", "jumps over the lazy dog"],
  "Übersicht Grüße.txt": ["Straße nach KÖLN", "ÉTÉ à la plage"],
  "отчёт.docx": ["Привет, мир", "вторая страница"],
  "notes.md": ["quick silver", "fox trot, well-known e-mail ann@example.org"],
  "pending.png": [],
  "cafe.txt": ["cafe\u0301 au lait"]
}

class Shelf extends Context.Service<Shelf, { readonly user: Caller }>()("@kite/server/test/documents/Shelf") {
  static readonly layer = Layer.effect(
    Shelf,
    Effect.gen(function* () {
      const user = yield* signUp
      const ids = yield* insertDocuments(user.id, Object.keys(shelf))
      for (const [index, pages] of Object.values(shelf).entries()) {
        if (pages.length > 0) yield* setText(ids[index] ?? "", pages)
      }
      yield* insertDocuments((yield* signUp).id, ["quick fox of somebody else"])
      return Shelf.of({ user })
    })
  )
}

const search = Effect.fnUntraced(function* (q: string) {
  const { user } = yield* Shelf
  return yield* sendAs(user, `/api/documents?${new URLSearchParams({ q, sort: "createdAt" })}`)
})

const [invoice, overview, report, notes, pending, cafe] = Object.keys(shelf)

suite(Shelf.layer.pipe(Layer.provideMerge(TestServer.layer)))("a search", (it) => {
  it.effect.each<[string, ReadonlyArray<string | undefined>]>([
    ["quick", [invoice, notes]],
    ["QUICK", [invoice, notes]],
    ["quick dog", [invoice]],
    ["fox jumps", [invoice]],
    ["quick nothing", []],
    ["qui", []],
    ["invoice", [invoice]],
    ["2026-04", [invoice]],
    ["Invoice_2026-04.pdf", [invoice]],
    ["pdf", [invoice]],
    ["invoice fox", [invoice]],
    ["pending", [pending]]
  ])("finds words in name and text, in any case, on any page: %s", ([q, names]) =>
    Effect.gen(function* () {
      const { status, json } = yield* search(q)
      assert.deepStrictEqual([status, json.items.map(({ filename }: any) => filename)], [200, names])
    })
  )

  it.effect.each<[string, ReadonlyArray<string | undefined>]>([
    ['"quick brown"', [invoice]],
    ["dog OR silver", [invoice, notes]],
    ["dog or silver or мир", [invoice, report, notes]],
    ["quick -silver", [invoice]],
    ["quick -dog -silver", []],
    ['quick -"fox trot"', [invoice]],
    ["well-known", [notes]],
    ["ann@example.org", [notes]]
  ])("knows phrases, OR and -word: %s", ([q, names]) =>
    Effect.gen(function* () {
      const { status, json } = yield* search(q)
      assert.deepStrictEqual([status, json.items.map(({ filename }: any) => filename)], [200, names])
    })
  )

  it.effect.each<[string, ReadonlyArray<string | undefined>]>([
    ["übersicht", [overview]],
    ["ÜBERSICHT", [overview]],
    ["u\u0308bersicht", [overview]],
    ["köln plage", [overview]],
    ["été", [overview]],
    ["МИР", [report]],
    ["отчёт", [report]],
    ["ОТЧЁТ страница", [report]],
    ["café", [cafe]]
  ])("knows the letters of every script: %s", ([q, names]) =>
    Effect.gen(function* () {
      const { status, json } = yield* search(q)
      assert.deepStrictEqual([status, json.items.map(({ filename }: any) => filename)], [200, names])
    })
  )

  it.effect.each(["...", "!?", "()", '"', "&", "|", "''", "\\", "-", "<->", ":*", "%", "   "])(
    "without a word finds nothing: %s",
    (q) =>
      Effect.gen(function* () {
        const { status, json } = yield* search(q)
        assert.deepStrictEqual([status, json], [200, { items: [], nextCursor: null }])
      })
  )

  it.effect.prop(
    "succeeds for any valid query",
    { q: Schema.String.check(Schema.isBetweenLength(1, 200), Schema.isPattern(/^[^\0]*$/)) },
    Effect.fnUntraced(function* ({ q }) {
      const { status } = yield* search(q.toWellFormed())
      assert.strictEqual(status, 200)
    }),
    { arbitrary: { runs: 100 } }
  )
})

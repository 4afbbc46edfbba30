import { assert } from "@effect/vitest"
import { partSize } from "@kite/domain/search/Blocks"
import { insertDocuments, setText, undivide } from "@kite/testkit/documents/Rows"
import { sendAs, signUp } from "@kite/testkit/http/Client"
import { TestServer } from "@kite/testkit/http/TestServer"
import { suite } from "@kite/testkit/Suite"
import { Effect } from "effect"

/** The match of the only hit: its page, and its snippet with what is highlighted in brackets. */
const matchOf = Effect.fnUntraced(function* (
  name: string,
  pages: ReadonlyArray<string>,
  q: string,
  change: typeof undivide = () => Effect.void
) {
  const user = yield* signUp
  const [id = ""] = yield* insertDocuments(user.id, [name])
  yield* setText(id, pages)
  yield* change(id)
  const { json } = yield* sendAs(user, `/api/documents?${new URLSearchParams({ q })}`)
  assert.strictEqual(json.items.length, 1, q)
  const { page, snippet } = json.items[0].match
  return [page, snippet.map((run: any) => (run.highlighted ? `[${run.text}]` : run.text)).join("")]
})

const filler = "lorem ipsum dolor ".repeat(700)

suite(TestServer.layer)("the match of a hit", (it) => {
  it.effect.each<[string, ReadonlyArray<string>, string, number | null, string]>([
    ["a.pdf", ["one", "two words", "three words"], "words", 2, "two [words]"],
    ["a.pdf", ["alpha", "beta", "alpha gamma delta"], "gamma delta", 3, "alpha [gamma] [delta]"],
    ["a.pdf", ["gamma one", "two", "alpha beta gamma"], "gamma alpha beta", 3, "[alpha] [beta] [gamma]"],
    ["a.pdf", ["", "", "blank before"], "blank", 3, "[blank] before"],
    ["a.pdf", ["nach Zürich"], "zurich", 1, "nach [Zürich]"],
    ["a.pdf", ["one", "the invoices"], "invoi*", 2, "the [invoices]"],
    ["a.pdf", ["東京都の報告書"], "報告書", 1, "東京都の[報告書]"],
    ["a.pdf", ["<script>alert(1)</script>"], "alert", 1, "<script>[alert](1)</script>"],
    ["Plan of town.pdf", ["text"], "plan", null, "[Plan] of town.pdf"],
    ["Plan.pdf", ["text"], "-nothing", null, "Plan.pdf"]
  ])("says where: %s %j, %s", ([name, pages, q, page, snippet]) =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* matchOf(name, pages, q), [page, snippet])
    })
  )

  it.effect.each(["", "😀 ".repeat(3_000)])("is found deep in a long page, whatever is before it: %#", (before) =>
    Effect.gen(function* () {
      const [page, snippet] = yield* matchOf(
        "a.txt",
        ["first", `${before}${filler}the needle here ${filler}`],
        "needle"
      )
      assert.strictEqual(page, 2)
      assert.match(snippet, /lorem ipsum dolor the \[needle\] here lorem/)
      assert.isBelow(snippet.length, 260)
    })
  )

  it.effect("has its page where the text lies too deep to be read for a snippet", () =>
    Effect.gen(function* () {
      const [page, snippet] = yield* matchOf("a.txt", [`${filler.repeat(45)} needle`], "needle", undivide)
      assert.deepStrictEqual([page, snippet], [1, ""])
    })
  )

  it.effect("is found however deep the text lies in a page that is stored in parts", () =>
    Effect.gen(function* () {
      const [page, snippet] = yield* matchOf("a.txt", ["first", `${filler.repeat(45)} needle`], "needle")
      assert.strictEqual(page, 2)
      assert.match(snippet, /lorem ipsum dolor {1,2}\[needle\]$/)
    })
  )

  it.effect.each([-40, -7, -6, -3, -1, 0, 1, 30, 200])(
    "has what is before and after, also where two parts of a page meet: %d characters from there",
    (distance) =>
      Effect.gen(function* () {
        const before = "x. ".repeat(partSize / 2)
        for (const [page, change] of [
          ["divided", undefined],
          ["undivided", undivide]
        ] as const) {
          const text = `${before.slice(0, partSize + distance - 17)} begin of the 😀 needle at its end, ${filler}`
          const [, snippet] = yield* matchOf("a.txt", [text], "needle", change)
          assert.match(snippet, /x[. ]* begin of the 😀 \[needle\] at its end, lorem ipsum/, page)
        }
      })
  )

  it.effect("is not there without a query", () =>
    Effect.gen(function* () {
      const user = yield* signUp
      yield* insertDocuments(user.id, ["a"])
      assert.notProperty((yield* sendAs(user, "/api/documents")).json.items[0], "match")
    })
  )
})

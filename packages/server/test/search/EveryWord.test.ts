import { assert, layer } from "@effect/vitest"
import { DocumentTerms } from "@kite/domain/search/DocumentTerms"
import { insertDocuments, setText } from "@kite/testkit/documents/Rows"
import { type Caller, sendAs, signUp } from "@kite/testkit/http/Client"
import { TestServer } from "@kite/testkit/http/TestServer"
import { anyText, lexemesOf, wordsOf } from "@kite/testkit/search/Lexemes"
import { Effect } from "effect"
import fc from "fast-check"

const finds = Effect.fnUntraced(function* (user: Caller, q: string, id: string) {
  const { status, json } = yield* sendAs(user, `/api/documents?${new URLSearchParams({ q, limit: "100" })}`)
  assert.strictEqual(status, 200, q)
  return json.items.some((item: any) => item.id === id)
})

const documents = 40

layer(TestServer.layer, { excludeTestServices: true, timeout: "120 seconds" })("every word", (it) => {
  it.effect("of a text in any script finds its document, and what the name holds too", () =>
    Effect.gen(function* () {
      const user = yield* signUp
      const texts = fc.sample(fc.tuple(anyText, anyText), documents)
      const ids = yield* insertDocuments(
        user.id,
        texts.map(([name], index) => `${index} ${name}`)
      )
      for (const [index, [, text]] of texts.entries()) yield* setText(ids[index] ?? "", [text])
      const asked = texts.flatMap(([name, text], index) =>
        [...wordsOf(text), ...wordsOf(name)].map((word) => [word, ids[index] ?? "", `${name} ${text}`] as const)
      )
      const missing = yield* Effect.filter(
        asked,
        ([word, id]) => Effect.map(finds(user, `"${word}"`, id), (isFound) => !isFound),
        { concurrency: 8 }
      )
      assert.deepStrictEqual(missing, [])
    })
  )

  it.effect("that stands between spaces finds its document as it stands", () =>
    Effect.gen(function* () {
      const user = yield* signUp
      const text = `The company’s “hello” — €100, §12 «contrat» 2020–2021 INV-77421 (john.doe@example.org) AC/DC "don't" l’été №5
        naïve Straße İstanbul ΟΔΥΣΣΕΥΣ О’Коннор 東京都の報告書 รายงาน 서울에서 50% C++ #tag @name a_b_c x=1&y=2 3.14 1,234.50 <John Smith>`
      const [id = ""] = yield* insertDocuments(user.id, ["words.txt"])
      yield* setText(id, [text])
      const words = text.split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word))
      const missing = yield* Effect.filter(words, (q) => Effect.map(finds(user, q, id), (isFound) => !isFound))
      assert.deepStrictEqual(missing, [])
    })
  )

  it.effect("can be stored, whatever the text is made of", () =>
    Effect.gen(function* () {
      const user = yield* signUp
      const [id = ""] = yield* insertDocuments(user.id, ["all.txt"])
      const everything = Array.from({ length: 0x20000 }, (_, codePoint) =>
        codePoint > 0 && (codePoint < 0xd800 || codePoint > 0xdfff) ? String.fromCodePoint(codePoint) : " "
      )
      yield* setText(id, [everything.join(" "), everything.join(""), "o'clock\\n 'quoted' a\\b"])
      const terms = new DocumentTerms()
      terms.add(everything.join(" "))
      assert.isAbove(lexemesOf(terms.rows()).size, 50_000)
      for (const q of ["o'clock", "quoted", "𝒜bc".slice(0, 2), "ﷺ"]) assert.isTrue(yield* finds(user, q, id), q)
    })
  )
})

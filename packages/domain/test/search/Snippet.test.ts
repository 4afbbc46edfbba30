import { assert, describe, it } from "@effect/vitest"
import { parseQuery } from "@kite/domain/search/Query"
import { snippetOf } from "@kite/domain/search/Snippet"
import { anyText } from "@kite/testkit/search/Lexemes"
import fc from "fast-check"

const snippet = (text: string, q: string) => {
  const query = parseQuery(q)
  assert.isDefined(query)
  return snippetOf(text, query)
}

/** The runs as text, what is highlighted in brackets. */
const shown = (text: string, q: string) =>
  snippet(text, q)
    .map((run) => (run.highlighted ? `[${run.text}]` : run.text))
    .join("")

describe("a snippet", () => {
  it.each<[string, string, string]>([
    ["The invoice is due", "invoices", "The [invoice] is due"],
    ["Nach Zürich, nach Zurich", "zurich", "Nach [Zürich], nach [Zurich]"],
    ["INV-77421 is paid", "77421", "INV-[77421] is paid"],
    ["the <b>fox</b> & co", "fox", "the <b>[fox]</b> & co"],
    ["many    \n\n  lines\tof text", "text", "many lines of [text]"],
    ["東京都の報告書", "報告", "東京都の[報告]書"],
    ["the cap-\ntions of figures", "captions", "the [cap- tions] of figures"],
    ["invoices and inventories", "inv*", "[invoices] and [inventories]"],
    ["nothing of it", "else", "nothing of it"],
    ["quick fox", "quick -dog", "[quick] fox"],
    ["Donau\u00ADdampf", "donaudampf", "[Donau\u00ADdampf]"]
  ])("of %j for %s", (text, q, expected) => {
    assert.strictEqual(shown(text, q), expected)
  })

  it("is short, and begins a little before the first word that is asked for", () => {
    const text = `${"before ".repeat(300)}needle ${"after ".repeat(300)}`
    const runs = snippet(text, "needle")
    const length = runs.reduce((sum, run) => sum + run.text.length, 0)
    assert.isAtMost(length, 240)
    assert.deepStrictEqual(
      runs.map((run) => run.highlighted),
      [false, true, false]
    )
    assert.match(runs[0]?.text ?? "", /^before /)
  })

  it("is well-formed text of the document whatever it holds", () => {
    fc.assert(
      fc.property(anyText, fc.string({ unit: "binary", minLength: 1, maxLength: 20 }), (text, q) => {
        const query = parseQuery(q)
        if (query === undefined) return
        for (const run of snippetOf(text, query)) assert.isTrue(run.text.isWellFormed())
      }),
      { numRuns: 1_000 }
    )
  })
})

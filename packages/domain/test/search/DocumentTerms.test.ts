import { assert, describe, it } from "@effect/vitest"
import { blockSize, blocksOf, slicesOf } from "@kite/domain/search/Blocks"
import { DocumentTerms, nameTerms } from "@kite/domain/search/DocumentTerms"
import { inParts } from "@kite/domain/search/Lexemes"
import { anyText, finds, lexemesOf, termsOf, wordsOf } from "@kite/testkit/search/Lexemes"
import fc from "fast-check"

const found: ReadonlyArray<[string, ReadonlyArray<string>]> = [
  ["INV-77421, RE-2024-0815", ["INV-77421", "inv", "77421", "RE-2024-0815", "0815", "2024-0815"]],
  ["on 2026-04-15 and 4711/2026", ["2026-04-15", "2026", "04", "4711/2026", "4711"]],
  ["by AC/DC, john.doe@example.org", ["AC/DC", "dc", "john.doe@example.org", "example.org", "doe", "john.doe"]],
  ["https://www.example.com/path/manual.pdf?page=7", ["manual", "manual.pdf", "www.example.com", "example.com", "7"]],
  ["<John Smith> No.5 §12", ["John", "Smith", "No.5", "5", "§12", "12"]],
  [
    "the company’s “hello” 2020–2021 €100 «contrat» •one→two",
    ["company", "company’s", "company's", "hello", "2020", "2021", "100", "€100", "contrat", "one", "two"]
  ],
  ["O’Brien doesn't", ["O'Brien", "obrien".slice(1), "doesn’t"]],
  ["paid—twice", ["paid", "twice"]],
  [
    "Donau\u00ADdampf\u00ADschiff zero\u200Bwidth \uFEFFmark",
    ["Donaudampfschiff", "zerowidth", "mark", "Donau\u00ADdampfschiff"]
  ],
  ["cap-\ntions and segmen-\r\n  tations", ["captions", "cap", "tions", "segmentations"]],
  ["seg\u00AD\nment", ["segment"]],
  [
    "Straße STRASSE ΟΔΥΣΣΕΥΣ Diyarbakır İzmir",
    ["strasse", "STRAßE", "οδυσσευς", "οδυσσευσ", "diyarbakir", "DIYARBAKIR", "izmir", "İZMİR"]
  ],
  ["Zürich Łódź Ærø Ёлка São", ["Zurich", "zürich", "ZÜRICH", "lodz", "aero", "елка", "sao", "Zu\u0308rich"]],
  ["Zurich Strasse", ["Zürich", "straße"]],
  ["ﬁle ﬂow ＡＢＣ ½ № 5 ①", ["file", "flow", "abc", "no", "1"]],
  ["東京都の報告書", ["東京", "京都", "報告書", "東京都の報告書", "東", "書"]],
  ["ｶﾀｶﾅ データ", ["カタカナ", "データ", "タカ"]],
  ["รายงานประจำปี", ["รายงาน", "ประจำปี", "งาน"]],
  ["서울특별시에서", ["서울", "특별시"]],
  ["ລາຍງານ របាយការណ៍ အစီရင်ခံစာ", ["ລາຍ", "របាយ", "အစီ"]],
  [
    "invoices boxes companies houses sizes movies dies",
    ["movie", "movies", "die", "dies", "invoice", "box", "company", "house", "size", "invoices", "boxes"]
  ],
  ["invoice box company house size", ["invoices", "boxes", "companies", "houses", "sizes"]],
  ["résumés", ["resume", "resumes", "résumé", "RESUMES"]],
  ["שָׁלוֹם كِتَاب", ["שלום", "كتاب"]],
  ["a4サイズ 2026年", ["a4", "サイズ", "2026年", "2026"]],
  ["invoice Übersichten", ["inv*", "übersicht*", "ubersicht*", "Invoice*"]]
]

const missed: ReadonlyArray<[string, ReadonlyArray<string>]> = [
  ["invoice", ["inv", "voice", "invoiced"]],
  ["мой", ["мои"]],
  ["かき", ["がき"]],
  ["bus gas this glass", ["bu", "ga", "thi", "glas"]],
  ["東京 大阪", ["京大"]]
]

describe("the terms of a document", () => {
  it.each(found)("find %s", (text, queries) => {
    for (const q of queries) assert.isTrue(finds(q, text), q)
  })

  it.each(missed)("hold no more than %s", (text, queries) => {
    for (const q of queries) assert.isFalse(finds(q, text), q)
  })

  it("find each of their words again, in text of any script", () => {
    fc.assert(
      fc.property(fc.oneof(anyText, fc.string({ unit: "binary", maxLength: 200 })), (text) => {
        for (const word of wordsOf(text)) assert.isTrue(finds(`"${word}"`, text), `${word} of ${JSON.stringify(text)}`)
      }),
      { numRuns: 2_000 }
    )
  })

  it("lose no word where one block ends and the next begins", () => {
    fc.assert(
      fc.property(
        fc.nat(60),
        fc.constantFrom(" ", "。", "", "-\n", "😀 "),
        fc.constantFrom("word", "漢字", "𠮷野"),
        (shift, gap, stem) => {
          const words = Array.from({ length: 1_500 }, (_, index) => `${stem}${index}`)
          const lexemes = termsOf(`${"x".repeat(shift)} ${words.join(gap === "" ? `${stem}0` : gap)}`)
          if (gap === "") return
          for (let index = 0; index < 1_500; index++) {
            if (stem === "word") assert.isTrue(lexemes.has(`word${index}`), `word${index}`)
            else assert.isTrue(lexemes.has(`${index}`) && lexemes.has(stem.normalize()), `${stem}${index}`)
          }
        }
      ),
      { numRuns: 30 }
    )
  })

  it("lose no neighbours of a long run without spaces", () => {
    const run = Array.from({ length: 10_000 }, (_, index) => String.fromCodePoint(0x4e00 + index)).join("")
    const lexemes = termsOf(run)
    for (let index = 0; index < 9_999; index++) assert.isTrue(lexemes.has(run.slice(index, index + 2)))
  })

  it("tell the block in which a word is first", () => {
    const filler = "filler ".repeat(1_000)
    const lexemes = termsOf("first", "", `${filler}second`, "third filler")
    assert.strictEqual(lexemes.get("first"), 1)
    assert.strictEqual(lexemes.get("filler"), 3)
    assert.strictEqual(lexemes.get("second"), 3 + Math.floor(7_000 / blockSize))
    assert.strictEqual(lexemes.get("third"), 3 + blocksOf(`${filler}second`))
  })

  it("have a slice for each block, which holds all characters together", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 50 }), fc.integer({ min: 0, max: 300 }), (piece, times) => {
        const text = piece.repeat(times)
        const slices = Array.from(slicesOf(text))
        assert.strictEqual(slices.length, blocksOf(text))
        assert.isAtLeast(slices.join("").length, text.length)
      })
    )
  })

  it("are rows that a tsvector can hold, all marked, and complete", () => {
    const terms = new DocumentTerms()
    for (let from = 0; from < 200_000; from += 10_000) {
      terms.add(Array.from({ length: 10_000 }, (_, index) => `số${from + index}ç${"x".repeat(index % 60)}`).join(" "))
    }
    const rows = Array.from(terms.rows())
    assert.isTrue(terms.isComplete)
    assert.isAbove(rows.length, 5)
    let count = 0
    for (const row of rows) {
      const lexemes = lexemesOf([row])
      const bytes = Array.from(lexemes.keys()).reduce((sum, lexeme) => sum + Buffer.byteLength(lexeme) + 6, 0)
      assert.isBelow(bytes, 1024 * 1024)
      assert.isTrue(lexemes.has(inParts))
      count += Array.from(lexemes.keys()).filter((lexeme) => lexeme.startsWith("số")).length
    }
    assert.strictEqual(count, 200_000)
  })

  it("say when there are more than are kept, and keep the first", () => {
    const terms = new DocumentTerms(1_000)
    terms.add(Array.from({ length: 2_000 }, (_, index) => `w${index}`).join(" "))
    assert.isFalse(terms.isComplete)
    assert.isTrue(lexemesOf(terms.rows()).has("w999"))
    const exact = new DocumentTerms(1_000)
    exact.add(Array.from({ length: 1_000 }, (_, index) => `w${index} w0`).join(" "))
    assert.isTrue(exact.isComplete)
  })

  const million = 1_000_000
  const numbers = () =>
    Array.from({ length: 2 * million }, (_, index) =>
      ((index * 2_654_435_761) % 2 ** 32).toString(36).slice(0, 4)
    ).join(" ")
  it.each<[string, () => string]>([
    ["a_ again and again", () => "a_".repeat(5 * million)],
    ["combining marks", () => "\u0301\u0323".repeat(2.5 * million)],
    ["letters with combining marks", () => "a\u0301\u0323\u0301\u0323".repeat(1.1 * million)],
    ["one word", () => "x".repeat(10 * million)],
    ["one Greek word", () => "Σ".repeat(5 * million)],
    ["Japanese", () => "東京都の報告書が".repeat(420_000)],
    ["English", () => "The company’s “invoice” of john.doe@example.org, 2026-04-15. ".repeat(155_000)],
    ["white space", () => " ".repeat(10 * million)],
    ["hyphens at the ends of lines", () => "a-\n".repeat(3.3 * million)],
    ["hyphens and white space", () => "-\n \n".repeat(2.5 * million)],
    ["soft hyphens", () => "\u00AD \t".repeat(2.5 * million)],
    ["emoji", () => "😀".repeat(2.5 * million)],
    ["words that are all different", numbers]
  ])("are made in linear time: 10 MB of %s", (_, make) => {
    const text = make()
    const before = process.cpuUsage()
    const terms = new DocumentTerms()
    terms.add(text)
    const { user, system } = process.cpuUsage(before)
    // 0.1 to 0.5 s where nothing else runs, 1 s where all words differ.
    assert.isBelow((user + system) / 1_000, 4_000)
  })
})

describe("the terms of a name", () => {
  it("are marked, without a place, with their other spellings", () => {
    const lexemes = lexemesOf([nameTerms("Übersicht_2026-04.pdf")])
    for (const lexeme of ["<übersicht", "<ubersicht", "<2026", "<04", "<pdf", "<übersicht_2026-04.pdf"]) {
      assert.strictEqual(lexemes.get(lexeme), 0, lexeme)
    }
  })
})

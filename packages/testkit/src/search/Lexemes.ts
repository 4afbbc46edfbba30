import { DocumentTerms } from "@kite/domain/search/DocumentTerms"
import { inParts, onlyFolded } from "@kite/domain/search/Lexemes"
import { parseQuery, type Query } from "@kite/domain/search/Query"
import fc from "fast-check"

/** The lexemes of a tsvector's text with their places. */
export const lexemesOf = (rows: Iterable<string>) => {
  const places = new Map<string, number>()
  for (const row of rows) {
    for (const [, lexeme = "", place = "0"] of row.matchAll(/'((?:[^']|'')*)'(?::(\d+))?/g)) {
      places.set(lexeme.replaceAll("''", "'"), Number(place))
    }
  }
  return places
}

export const termsOf = (...pages: ReadonlyArray<string>) => {
  const terms = new DocumentTerms()
  for (const page of pages) terms.add(page)
  return lexemesOf(terms.rows())
}

/** The words that are told as they stand: neither folded forms nor signs of their own. */
export const wordsOf = (text: string) => {
  const lexemes = termsOf(text)
  return Array.from(lexemes.keys()).filter(
    (lexeme) => !lexeme.startsWith(onlyFolded) && lexeme !== inParts && !lexemes.has(onlyFolded + lexeme)
  )
}

const holds = (query: Query, lexemes: ReadonlyMap<string, number>): boolean => {
  switch (query._tag) {
    case "Word":
      return lexemes.has(query.fold)
    case "Prefix":
      return Array.from(lexemes.keys()).some((lexeme) => lexeme.startsWith(query.start))
    case "Whole":
      return true
    case "All":
      return query.queries.every((part) => holds(part, lexemes))
    case "Any":
      return query.queries.some((part) => holds(part, lexemes))
    case "Not":
      return !holds(query.query, lexemes)
  }
}

/** Whether a search for `q` finds a document with these pages. */
export const finds = (q: string, ...pages: ReadonlyArray<string>) => {
  const query = parseQuery(q)
  return query !== undefined && holds(query, termsOf(...pages))
}

/** Ranges of letters of many scripts, with their marks and signs. */
const ranges: ReadonlyArray<readonly [number, number]> = [
  [0x20, 0x7e],
  [0xa0, 0x17f],
  [0x180, 0x24f],
  [0x300, 0x36f],
  [0x370, 0x3ff],
  [0x400, 0x52f],
  [0x531, 0x58f],
  [0x591, 0x5f4],
  [0x600, 0x6ff],
  [0x900, 0x97f],
  [0xb80, 0xbff],
  [0xe01, 0xe5b],
  [0xe80, 0xeff],
  [0x1000, 0x109f],
  [0x10a0, 0x10ff],
  [0x1100, 0x11ff],
  [0x1200, 0x137c],
  [0x13a0, 0x13fd],
  [0x1780, 0x17f9],
  [0x1e00, 0x1fff],
  [0x2000, 0x218f],
  [0x2460, 0x24ff],
  [0x2c80, 0x2cff],
  [0x3001, 0x30ff],
  [0x3200, 0x33ff],
  [0x4e00, 0x9fff],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfb00, 0xfdff],
  [0xfe00, 0xfe0f],
  [0xff01, 0xffee],
  [0x10400, 0x1044f],
  [0x1d400, 0x1d7ff],
  [0x1f600, 0x1f64f],
  [0x20000, 0x20100]
]

const characterOf = ([from, to]: readonly [number, number]) =>
  fc.integer({ min: from, max: to }).map((codePoint) => String.fromCodePoint(codePoint))

const wordOf = fc
  .constantFrom(...ranges)
  .chain((range) => fc.array(characterOf(range), { minLength: 1, maxLength: 12 }))
  .map((characters) => characters.join(""))

/** Text of words, each of one script, with what stands between words. */
export const anyText = fc
  .array(
    fc.tuple(
      wordOf,
      fc.constantFrom(" ", " ", "\n", "-", "-\n", ".", "/", "'", "’", "“", "—", "\u00AD", "\u200B", "", "_")
    ),
    {
      maxLength: 20
    }
  )
  .map((parts) => parts.flat().join("").replaceAll("\0", ""))

import { Data } from "effect"
import { foldWord, normalize, withoutMarks } from "./Letters.ts"
import { pairsOf, scan } from "./Tokenizer.ts"

/**
 * What a search asks for. `Word`: the word, or any spelling with the same `fold`. `Prefix`: any word that begins so.
 * `Whole`: several words joined by signs; its words stand beside it, so that it matters only where exact matches are told.
 */
export type Query = Data.TaggedEnum<{
  Word: { readonly word: string; readonly fold: string }
  Prefix: { readonly start: string }
  Whole: { readonly whole: string }
  All: { readonly queries: ReadonlyArray<Query> }
  Any: { readonly queries: ReadonlyArray<Query> }
  Not: { readonly query: Query }
}>
export const Query = Data.taggedEnum<Query>()

/** Characters of a query that are read. */
const maxLength = 200
/** Beginnings that are looked for; a further `word*` is that word. Each costs as much as all the words that begin so. */
const maxPrefixes = 4

/** A phrase with or without its second quote, or what stands between white space; either may follow a minus. */
const operand = /-?"[^"]*"?|[^\s"]+/g

const all = (queries: ReadonlyArray<Query>): Query | undefined =>
  queries.length > 1 ? Query.All({ queries }) : queries[0]

/** The words of a text, all of which must be there; the last is a prefix where `open`. */
const wordsOf = (text: string, open: boolean): Query | undefined => {
  const found: Array<Query> = []
  const wholes: Array<Query> = []
  scan(normalize(text), {
    word: (word) => found.push(Query.Word({ word, fold: foldWord(word) })),
    compound: (whole) => wholes.push(Query.Whole({ whole })),
    run: (run) => {
      const pairs = pairsOf(run)
      const words = pairs.length > 1 ? pairs.slice(0, -1) : []
      found.push(...words.map((word) => Query.Word({ word, fold: foldWord(word) })))
      if (words.length === 0) found.push(Query.Prefix({ start: withoutMarks(run) }))
    }
  })
  const last = found.at(-1)
  if (open && last?._tag === "Word" && !endsInRun(text)) {
    found[found.length - 1] = Query.Prefix({ start: withoutMarks(last.word) })
    wholes.length = 0
  }
  return all([...found, ...wholes])
}

/** A run of a script without spaces goes on anyway: a star adds nothing to it. */
const endsInRun = (text: string) => {
  let end: "word" | "run" = "word"
  scan(normalize(text), {
    word: () => {
      end = "word"
    },
    run: () => {
      end = "run"
    },
    compound: () => {}
  })
  return (end as string) === "run"
}

const isPrefix = (part: string) => /[^\s"*-]\*$/.test(part) && !/^-?"/.test(part)

const read = (text: string, open: boolean): Query | undefined => {
  const isNot = text.startsWith("-") && text.length > 1
  const query = wordsOf(isNot ? text.slice(1) : text, open)
  return isNot && query !== undefined ? Query.Not({ query }) : query
}

/**
 * Reads what a user typed: words that must all occur, `"phrases"` as their words, `-word` or `-"phrase"` for what must not,
 * `OR` between alternatives (it binds weaker than the space between words), `word*` for a beginning. Anything is a query; none
 * where it holds no word.
 */
export const parseQuery = (text: string): Query | undefined => {
  const alternatives: Array<ReadonlyArray<Query>> = []
  let current: Array<Query> = []
  let prefixes = 0
  const operands = text.slice(0, maxLength).match(operand) ?? []
  for (const [index, part] of operands.entries()) {
    if (part.toLowerCase() === "or" && current.length > 0 && index < operands.length - 1) {
      alternatives.push(current)
      current = []
      continue
    }
    const open = isPrefix(part) && prefixes < maxPrefixes
    if (open) prefixes += 1
    const query = read(part, open)
    if (query !== undefined) current.push(query)
  }
  const groups = [...alternatives, current].map(all).filter((group) => group !== undefined)
  return groups.length > 1 ? Query.Any({ queries: groups }) : groups[0]
}

/** The parts of a query that a hit can show: what is asked for, not what must be absent. */
export const positivesOf = (query: Query): ReadonlyArray<Extract<Query, { readonly _tag: "Word" | "Prefix" }>> => {
  switch (query._tag) {
    case "Word":
    case "Prefix":
      return [query]
    case "All":
    case "Any":
      return query.queries.flatMap(positivesOf)
    case "Whole":
    case "Not":
      return []
  }
}

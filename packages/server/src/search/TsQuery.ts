import { type Tier, tiers } from "@kite/domain/documents/RelevanceCursor"
import { inName, inParts, onlyFolded, quoteLexeme } from "@kite/domain/search/Lexemes"
import type { Query } from "@kite/domain/search/Query"

/** A condition on a document's terms. `term`: one lookup of the index, a lexeme or the beginning of some, as a tsquery. */
export type TsQuery =
  | { readonly term: string }
  | { readonly all: ReadonlyArray<TsQuery> }
  | { readonly any: ReadonlyArray<TsQuery> }
  | { readonly not: TsQuery }

type Asked = Extract<Query, { readonly _tag: "Word" | "Prefix" | "Whole" }>
/** How one term is asked for in the places that a tier looks at; none where it makes no difference there. */
type Place = (asked: Asked) => TsQuery | undefined

const lexeme = (text: string): TsQuery => ({ term: quoteLexeme(text) })
const prefix = (start: string): TsQuery => ({ term: `${quoteLexeme(start)}:*` })

/** The word in any spelling, behind a mark that says where. */
const folded =
  (mark: string): Place =>
  (asked) => {
    if (asked._tag === "Whole") return undefined
    return asked._tag === "Word" ? lexeme(mark + asked.fold) : prefix(mark + asked.start)
  }

/** The word as it was typed: it is there, and not only as what another spelling folds to. */
const exact =
  (mark: string): Place =>
  (asked) => {
    if (asked._tag === "Prefix") return prefix(mark + asked.start)
    if (asked._tag === "Whole") return lexeme(mark + asked.whole)
    return { all: [lexeme(mark + asked.word), { not: lexeme(mark + onlyFolded + asked.word) }] }
  }

const either =
  (one: Place, other: Place): Place =>
  (asked) => {
    const any = [one(asked), other(asked)].filter((query) => query !== undefined)
    return any.length === 0 ? undefined : { any }
  }

const anywhere = either(folded(""), folded(inName))

const places: Record<Tier, Place> = {
  0: exact(inName),
  1: folded(inName),
  2: either(exact(""), exact(inName)),
  3: anywhere
}

const translate = (query: Query, place: Place): TsQuery | undefined => {
  const parts = (queries: ReadonlyArray<Query>) =>
    queries.map((part) => translate(part, place)).filter((part) => part !== undefined)
  switch (query._tag) {
    case "All": {
      const all = parts(query.queries)
      return all.length === 0 ? undefined : { all }
    }
    case "Any":
      return { any: parts(query.queries) }
    case "Not": {
      // What must be absent must be absent everywhere, in any spelling.
      const absent = translate(query.query, anywhere)
      return absent === undefined ? undefined : { not: absent }
    }
    default:
      return place(query)
  }
}

/** What a document fulfils that is in this tier or a better one. */
export const tierQuery = (query: Query, tier: Tier): TsQuery => translate(query, places[tier]) ?? { any: [] }

/** As PostgreSQL reads it. */
export const renderQuery = (query: TsQuery): string => {
  if ("term" in query) return query.term
  if ("not" in query) return `!${renderQuery(query.not)}`
  if ("all" in query) return `(${query.all.map(renderQuery).join("&")})`
  // Nothing fulfils a choice of nothing: this lexeme and its absence exclude each other.
  const any =
    query.any.length === 0
      ? [renderQuery({ all: [lexeme(inParts), { not: lexeme(inParts) }] })]
      : query.any.map(renderQuery)
  return `(${any.join("|")})`
}

/** The documents of one tier and of no better one, as far as they have one row in the index. */
export const renderTier = (query: Query, tier: Tier): string => {
  const better = ([0, 1, 2] as const).filter((other) => other < tier).map((other) => tierQuery(query, other))
  return renderQuery({ all: [tierQuery(query, tier), ...[...better, lexeme(inParts)].map((not) => ({ not }))] })
}

/** The tiers that can hold a document: not those that ask for the same as a better one. */
export const distinctTiers = (query: Query): ReadonlyArray<Tier> => {
  const asked = tiers.map((tier) => renderQuery(tierQuery(query, tier)))
  return tiers.filter((_, index) => asked.indexOf(asked[index] ?? "") === index)
}

/** Every lookup that a query is made of. */
export const termsOf = (query: TsQuery): ReadonlyArray<string> => {
  if ("term" in query) return [query.term]
  if ("not" in query) return termsOf(query.not)
  return ("all" in query ? query.all : query.any).flatMap(termsOf)
}

/** Whether a document fulfils a query of which it fulfils these lookups. */
export const holds = (query: TsQuery, found: ReadonlySet<string>): boolean => {
  if ("term" in query) return found.has(query.term)
  if ("not" in query) return !holds(query.not, found)
  return "all" in query ? query.all.every((part) => holds(part, found)) : query.any.some((part) => holds(part, found))
}

import { foldWord, normalize, withoutMarks } from "./Letters.ts"
import type { Match } from "./Match.ts"
import { positivesOf, type Query } from "./Query.ts"
import { pairsOf, scan } from "./Tokenizer.ts"

/** UTF-16 code units of a snippet, and of what comes before its first highlight. */
const maxSnippet = 240
const maxLead = 80

/** A word as it stands, with what a line's end put into it. */
const rawWord =
  /[\p{L}\p{N}](?:[\p{L}\p{M}\p{N}\u00AD\u200B-\u200D\u2060\uFEFF]|[-\u2010][ \t]*\r?\n[ \t]*(?=\p{L}))*/gu

interface Range {
  readonly from: number
  readonly to: number
}

const asks = (query: Query) => {
  const folds = new Set<string>()
  const starts: Array<string> = []
  for (const positive of positivesOf(query)) {
    if (positive._tag === "Word") folds.add(positive.fold)
    else starts.push(positive.start)
  }
  const isAsked = (word: string) => {
    if (folds.has(foldWord(word))) return true
    if (starts.length === 0) return false
    const plain = withoutMarks(word)
    return starts.some((start) => plain.startsWith(start))
  }
  return (raw: string) => {
    let found = false
    const look = (word: string) => {
      found ||= isAsked(word)
    }
    scan(normalize(raw), { word: look, compound: () => {}, run: (run) => pairsOf(run).forEach(look) })
    return found
  }
}

const isUnspaced =
  /^[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{scx=Hang}\p{scx=Thai}\p{scx=Laoo}\p{scx=Khmr}\p{scx=Mymr}]{2,}/u

/** Where the words that are asked for stand in a text. */
function* rangesOf(text: string, isAsked: (raw: string) => boolean): Generator<Range> {
  for (const { 0: raw, index } of text.matchAll(rawWord)) {
    if (!isAsked(raw)) continue
    if (!isUnspaced.test(raw)) {
      yield { from: index, to: index + raw.length }
      continue
    }
    // Of a run without spaces only the neighbours that are asked for.
    let at = index
    for (const pair of pairsOf(raw)) {
      if (isAsked(pair)) yield { from: at, to: at + pair.length }
      at += String.fromCodePoint(pair.codePointAt(0) ?? 0).length
    }
  }
}

/** Not between the halves of one character. */
const whole = (text: string, at: number) => (/[\udc00-\udfff]/.test(text.charAt(at)) ? at - 1 : at)

/** The start of a word near this offset, so that a snippet begins with one. */
const wordStart = (text: string, near: number) => {
  if (near <= 0) return 0
  const space = /\s\S/.exec(text.slice(near, near + 30))
  return whole(text, space === null ? near : near + space.index + 1)
}

/** A short piece of a text around the first word that is asked for, its white space collapsed; its beginning where there is none. */
export const snippetOf = (text: string, query: Query): Match["snippet"] => {
  const runs: Array<{ text: string; highlighted: boolean }> = []
  const ranges = rangesOf(text, asks(query))
  const first = ranges.next().value
  const start = wordStart(text, (first?.from ?? 0) - maxLead)
  const end = whole(text, Math.min(text.length, start + maxSnippet))
  const put = (from: number, to: number, highlighted: boolean) => {
    const piece = text
      .slice(from, to)
      .replace(/[\s\p{Cc}]+/gu, " ")
      .toWellFormed()
    const last = runs.at(-1)
    if (piece === "") return
    if (last?.highlighted === highlighted) last.text += piece
    else runs.push({ text: piece, highlighted })
  }
  let at = start
  for (let range = first; range !== undefined && range.from < end; range = ranges.next().value ?? undefined) {
    put(at, range.from, false)
    put(Math.max(at, range.from), Math.min(end, range.to), true)
    at = Math.max(at, Math.min(end, range.to))
  }
  put(at, end, false)
  return runs
}

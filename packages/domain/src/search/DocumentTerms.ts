import { slicesOf } from "./Blocks.ts"
import { normalize } from "./Letters.ts"
import { foldsOf, inName, inParts, onlyFolded, quoteLexeme } from "./Lexemes.ts"
import { pairsOf, type Sink, scan } from "./Tokenizer.ts"

/** Distinct words of one document; what comes after so many is not indexed, and the document says so. */
const maxTerms = 500_000
/** Of one row: a tsvector holds 1 MiB of lexemes and places. */
const rowTerms = 32_000
const rowBytes = 500_000
/** The last place that a tsvector can tell. */
const maxPlace = 16_383
const isAscii = /^[\0-\x7f]*$/

/** Collects the words of a document, page after page, and gives them as the rows of the search index. */
export class DocumentTerms {
  /** Blocks of all pages so far: where the next page begins. */
  blocks = 0
  /** Whether every word found its place. */
  isComplete = true
  readonly #places = new Map<string, number>()
  readonly #limit: number
  readonly #sink: Sink = {
    word: (word) => this.#add(word),
    compound: (whole) => this.#add(whole),
    run: (run) => {
      for (const pair of pairsOf(run)) this.#add(pair)
    }
  }

  constructor(limit = maxTerms) {
    this.#limit = limit
  }

  /** Adds a page. Each step is one block of it, for callers that must not be held up. */
  *addPage(text: string): Generator<void> {
    for (const slice of slicesOf(text)) {
      this.blocks += 1
      if (this.isComplete) scan(normalize(slice), this.#sink)
      yield
    }
  }

  /** Adds a page at once. */
  add(text: string): void {
    for (const _ of this.addPage(text)) {
      // each step does its part
    }
  }

  #add(term: string) {
    if (this.#places.has(term)) return
    if (this.#places.size >= this.#limit) this.isComplete = false
    else this.#places.set(term, this.blocks)
  }

  /** Every word with the block in which it is first, what it folds to, and which folds stand for other spellings alone. */
  *#lexemes(): Generator<string> {
    const folds = new Map<string, number>()
    for (const [term, block] of this.#places) {
      yield `${quoteLexeme(term)}:${Math.min(block, maxPlace)}`
      for (const fold of foldsOf(term)) {
        if (!this.#places.has(fold)) folds.set(fold, Math.min(block, folds.get(fold) ?? block))
      }
    }
    for (const [fold, block] of folds) {
      yield `${quoteLexeme(fold)}:${Math.min(block, maxPlace)}`
      yield quoteLexeme(onlyFolded + fold)
    }
  }

  /** The rows of the index, each the text of a tsvector well below PostgreSQL's limits: one at least, and usually no more. */
  *rows(): Generator<string> {
    const mark = quoteLexeme(inParts)
    let row: Array<string> = []
    let bytes = 0
    let isAlone = true
    for (const lexeme of this.#lexemes()) {
      if (row.length >= rowTerms || bytes >= rowBytes) {
        yield [mark, ...row].join(" ")
        row = []
        bytes = 0
        isAlone = false
      }
      row.push(lexeme)
      bytes += isAscii.test(lexeme) ? lexeme.length : lexeme.length * 3
    }
    yield (isAlone ? row : [mark, ...row]).join(" ")
  }
}

/** The row of the index for a document's name alone, as the text of a tsvector. */
export const nameTerms = (filename: string): string => {
  const words = new Set<string>()
  scan(normalize(filename), {
    word: (word) => words.add(word),
    compound: (whole) => words.add(whole),
    run: (run) => {
      for (const pair of pairsOf(run)) words.add(pair)
    }
  })
  const lexemes = Array.from(words, (word) => inName + word)
  for (const fold of new Set(Array.from(words).flatMap(foldsOf))) {
    if (!words.has(fold)) lexemes.push(inName + fold, inName + onlyFolded + fold)
  }
  return lexemes.map(quoteLexeme).join(" ")
}

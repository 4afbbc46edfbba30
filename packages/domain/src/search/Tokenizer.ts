/** Takes what is found in a text, in order. */
export interface Sink {
  /** A word of letters and digits, normalized, at most `maxWord` long. */
  readonly word: (word: string) => void
  /** A run of a script that puts no spaces between words, of one character or more. */
  readonly run: (run: string) => void
  /** Several words joined by single signs, like a date, a number of an invoice or an address; its words have been told. */
  readonly compound: (whole: string) => void
}

/** UTF-16 code units of a word that count; nobody can ask for a longer one. */
const maxWord = 128
const maxCompound = 64
const maxParts = 8
/** White space between the hyphen that ends a line and the rest of the word. */
const maxIndent = 32

/** What a character is to a word. Those of a script without spaces may still be marks. */
const other = 0
const letter = 1
const mark = 2
const unspaced = 3

const isLetter = /[\p{L}\p{N}]/u
const isMark = /\p{M}/u
const isUnspaced =
  /[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{scx=Bopo}\p{scx=Hang}\p{scx=Thai}\p{scx=Laoo}\p{scx=Khmr}\p{scx=Mymr}\p{sc=Yiii}\p{sc=Talu}\p{sc=Lana}\p{sc=Tavt}]/u

const classify = (codePoint: number) => {
  const character = String.fromCodePoint(codePoint)
  const isWord = isLetter.test(character)
  if (!isWord && !isMark.test(character)) return other
  if (isUnspaced.test(character)) return unspaced
  return isWord ? letter : mark
}

/** Kinds of 256 characters each, found out when the first of them is met. */
const kinds: Array<Uint8Array | undefined> = []

const kindOf = (codePoint: number) => {
  const block = codePoint >> 8
  let known = kinds[block]
  if (known === undefined) {
    known = Uint8Array.from({ length: 256 }, (_, index) => classify(block * 256 + index))
    kinds[block] = known
  }
  return known[codePoint & 255] ?? other
}

const apostrophe = 0x27
const connectors = new Set(Array.from("-._/@'&+", (sign) => sign.charCodeAt(0)))

const cut = (word: string) =>
  word.length <= maxWord
    ? word
    : word
        .slice(0, maxWord)
        .toWellFormed()
        .replace(/\uFFFD$/, "")

const lineEnd = /^-[ \t]*\r?\n\s*$/

/** Follows what belongs together: single signs between words, hyphens at the ends of lines. */
class Joints {
  #from = 0
  #to = -1
  #parts = 0
  #last = ""
  /** Where the last word ended, its possessive included. */
  #end = -1

  readonly text: string
  readonly sink: Sink

  constructor(text: string, sink: Sink) {
    this.text = text
    this.sink = sink
  }

  /** A word or run has been told. */
  add(from: number, to: number, word: string) {
    const connector = from - this.#end === 1 && this.#end >= 0 ? this.text.charCodeAt(this.#end) : 0
    if (from === this.#end || connectors.has(connector)) {
      this.#parts += from === this.#end ? 0 : 1
    } else {
      this.endCompound()
      this.#joinLines(from, word)
      this.#from = from
      this.#parts = 1
    }
    this.#to = to
    this.#end = to
    this.#last = word
  }

  isPossessive(from: number, to: number) {
    const { text } = this
    const isS = to - from === 1 && text.charCodeAt(from) === 0x73 && text.charCodeAt(from - 1) === apostrophe
    if (!isS || this.#end !== from - 1 || this.#end < 0) return false
    this.#end = to
    return true
  }

  #joinLines(from: number, word: string) {
    const gap = from - this.#end
    if (this.#last === "" || gap < 2 || gap > maxIndent || this.text.charCodeAt(this.#end) !== 0x2d) return
    if (lineEnd.test(this.text.slice(this.#end, from))) this.sink.word(cut(this.#last + word))
  }

  endCompound() {
    const { sink, text } = this
    if (this.#parts < 2 || this.#parts > maxParts || this.#to - this.#from > maxCompound) return
    sink.compound(text.slice(this.#from, this.#to))
  }
}

/**
 * Tells the sink every word of a text that is normalized already. A word hyphenated at a line's end is told in halves and whole;
 * the `'s` of a possessive is nothing. Linear in the text, whatever it holds.
 */
export const scan = (text: string, sink: Sink): void => {
  const joints = new Joints(text, sink)
  const end = text.length
  const kindAt = (at: number) => {
    const unit = text.charCodeAt(at)
    return kindOf(unit >= 0xd800 && unit <= 0xdbff ? (text.codePointAt(at) ?? 0) : unit)
  }
  const step = (at: number) => (at + 1 < end && (text.charCodeAt(at) & 0xfc00) === 0xd800 ? 2 : 1)
  for (let at = 0; at < end; ) {
    const from = at
    const kind = kindAt(at)
    at += step(at)
    if (kind === unspaced) {
      while (at < end && kindAt(at) === unspaced) at += step(at)
      const run = text.slice(from, at)
      sink.run(run)
      joints.add(from, at, "")
    } else if (kind === letter) {
      for (let next = letter; at < end; at += step(at)) {
        next = kindAt(at)
        if (next !== letter && next !== mark) break
      }
      if (joints.isPossessive(from, at)) continue
      const word = cut(text.slice(from, at))
      sink.word(word)
      joints.add(from, at, word)
    }
  }
  joints.endCompound()
}

/** Every two neighbours of a run, and its last character alone, so that a prefix of one character finds each. */
export const pairsOf = (run: string): ReadonlyArray<string> => {
  const characters = Array.from(run)
  return characters.map((character, index) => character + (characters[index + 1] ?? ""))
}

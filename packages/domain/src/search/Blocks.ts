/** Characters (Unicode code points) of a block: the place of a hit is told that exactly. */
export const blockSize = 2048
/** How far past a block's end a word that begins in it is followed. */
export const blockOverhang = 256

const hasPairs = /[\ud800-\udbff]/

/** The offset that lies this many code points further on. */
const advance = (text: string, from: number, count: number, pairs: boolean) => {
  if (!pairs) return Math.min(text.length, from + count)
  let at = from
  for (let passed = 0; passed < count && at < text.length; passed++) {
    at += (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1
  }
  return at
}

/** How many blocks a text has: one for each slice. */
export const blocksOf = (text: string): number => {
  let characters = text.length
  if (hasPairs.test(text)) for (const _ of text.matchAll(/[\ud800-\udbff][\udc00-\udfff]/g)) characters -= 1
  return Math.max(1, Math.ceil(characters / blockSize))
}

/** Blocks of a part, in which a long page is stored and read. */
export const partBlocks = 16
/** Characters (Unicode code points) of a part; the last one of a page may have fewer. */
export const partSize = partBlocks * blockSize

/** The text in parts that together are the text: each can be read without those before it. An empty text has one. */
export function* partsOf(text: string): Generator<string> {
  const pairs = hasPairs.test(text)
  let from = 0
  do {
    const to = advance(text, from, partSize, pairs)
    yield text.slice(from, to)
    from = to
  } while (from < text.length)
}

const isSpace = /\s/
const isSign = /[^\p{L}\p{M}\p{N}\p{Cf}\p{Cs}'\u2019-]/u
const isAnySign = /[^\p{L}\p{M}\p{N}\p{Cf}\p{Cs}]/u
const isMark = /^\p{M}/u
const endsInHyphen = /[-\u00AD\u2010][ \t\r]*$/
/** The last word of a slice and the sign after it. */
const lastWord = /[\p{L}\p{M}\p{N}\p{Cf}]{0,128}[^\p{L}\p{M}\p{N}]{0,8}$/u

/** The first character from here on that parts words. */
const findParting = (text: string, from: number, pattern: RegExp, joins: RegExp | undefined) => {
  for (let at = from; at < Math.min(text.length, from + blockOverhang); at++) {
    if (pattern.test(text.charAt(at)) && !joins?.test(text.slice(Math.max(0, at - 8), at))) return at
  }
  return undefined
}

/**
 * Where to end a slice near this offset, and where to begin the next: at white space, at another sign, both unless a hyphen joins
 * what is before and after it; at such a hyphen, whose word then belongs to both; or else between two characters, the first of which
 * belongs to both.
 */
const partNear = (text: string, near: number) => {
  const clean = findParting(text, near, isSpace, endsInHyphen) ?? findParting(text, near, isSign, endsInHyphen)
  if (clean !== undefined) return { to: clean, next: clean }
  const joint = findParting(text, near, isAnySign, undefined)
  if (joint !== undefined) {
    const before = text.slice(Math.max(0, joint - 140), joint)
    return { to: joint, next: joint - (lastWord.exec(before)?.[0].length ?? 0) }
  }
  let to = near
  while (to > near - 32 && isMark.test(text.slice(to, to + 2))) to -= 1
  return { to, next: to - (/[\udc00-\udfff]/.test(text.charAt(to - 1)) ? 2 : 1) }
}

/**
 * The text in slices, one for each block, each with all words that begin in its block; what stands where they meet may be in both.
 * An empty text has one block.
 */
export function* slicesOf(text: string): Generator<string> {
  const pairs = hasPairs.test(text)
  let from = 0
  let nominal = 0
  do {
    nominal = advance(text, nominal, blockSize, pairs)
    const { to, next } = nominal < text.length ? partNear(text, nominal) : { to: text.length, next: text.length }
    yield text.slice(from, to)
    from = next
  } while (nominal < text.length)
}

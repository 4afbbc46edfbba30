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

const isSpace = /\s/
const isMark = /^\p{M}/u

/** Where to part the text near this offset: at white space that is no line's end after a hyphen, else between two characters. */
const partNear = (text: string, near: number) => {
  for (let at = near; at < Math.min(text.length, near + blockOverhang); at++) {
    if (isSpace.test(text.charAt(at)) && !/[-\u00AD\u2010]\s*$/.test(text.slice(Math.max(0, at - 4), at))) {
      return { at, clean: true }
    }
  }
  let at = near
  while (at > 0 && at > near - 32 && isMark.test(text.slice(at, at + 2))) at -= 1
  return { at, clean: false }
}

/**
 * The text in slices, one for each block, each with all words that begin in its block. Where nothing parts two words the next
 * slice begins one character early, so that no pair of neighbours is lost. An empty text has one block.
 */
export function* slicesOf(text: string): Generator<string> {
  const pairs = hasPairs.test(text)
  let from = 0
  let nominal = 0
  do {
    nominal = advance(text, nominal, blockSize, pairs)
    const { at, clean } = nominal < text.length ? partNear(text, nominal) : { at: text.length, clean: true }
    yield text.slice(from, at)
    from = clean ? at : Math.max(0, at - (/[\udc00-\udfff]/.test(text.charAt(at - 1)) ? 2 : 1))
  } while (nominal < text.length)
}

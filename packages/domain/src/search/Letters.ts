const ascii = /^[\0-\x7f]*$/

/** More marks than any script stacks on a letter: reordering a longer run takes quadratic time (Unicode UAX #15, section 13). */
const longMarks = /(\p{M}{20})\p{M}+/gu
/** Soft hyphens, zero-width characters, byte order marks, directions, variation selectors: nothing that a reader sees. */
const invisible = /\p{Default_Ignorable_Code_Point}+/gu

const foldsFurther = /\p{Changes_When_Casefolded}/u

/** Full case folding (Unicode 3.13) by what JavaScript has: ß is ss, every sigma the same, and i the same with or without a dot. */
const foldCase = (text: string) => {
  const lower = text.toLowerCase().replaceAll("i\u0307", "i")
  if (!foldsFurther.test(lower) && !lower.includes("ı")) return lower
  return lower.toUpperCase().toLowerCase().replaceAll("ς", "σ").replaceAll("i\u0307", "i").normalize("NFKC")
}

/**
 * Text as words are read from it, the same in every locale: NFKC, without case and invisible characters. A soft hyphen that
 * ends a line is a hyphen. Offsets are not those of the text.
 */
export const normalize = (text: string): string => {
  if (ascii.test(text)) return text.toLowerCase()
  const visible = text
    .replace(/\u00AD(?=[ \t]*\r?\n)/g, "-")
    .replace(invisible, "")
    .replace(longMarks, "$1")
  return foldCase(visible.normalize("NFKC"))
    .replace(/[\u2018\u2019\u02BC]/g, "'")
    .replace(/[\u2010\u2011]/g, "-")
}

/** Marks that a reader may leave out: those of Latin, Greek and Cyrillic, Hebrew points and Arabic vowels. Elsewhere they are letters. */
const marks = /[\u0300-\u036F\u0591-\u05BD\u05BF\u05C1\u05C2\u05C4\u05C5\u05C7\u0610-\u061A\u064B-\u065F\u0670]/g
/** й is a letter of its own, not an и with a mark. */
const shortI = /и\u0306/g

/** Letters whose stroke is no mark to Unicode, as people type them who lack the key. */
const strokes: Readonly<Record<string, string>> = {
  æ: "ae",
  œ: "oe",
  ø: "o",
  đ: "d",
  ð: "d",
  þ: "th",
  ł: "l",
  ħ: "h",
  ŧ: "t",
  ـ: ""
}

/** A normalized word without its accents; one that has nothing else keeps them. */
export const withoutMarks = (word: string): string => {
  if (ascii.test(word)) return word
  const plain = word
    .normalize("NFD")
    .replace(shortI, "й")
    .replace(marks, "")
    .replace(/[æœøđðþłħŧـ]/g, (letter) => strokes[letter] ?? letter)
    .normalize("NFC")
  return plain === "" ? word : plain
}

/**
 * An English word without the ending of its plural (after Harman's S-stemmer), so that both forms become the same. It need not be a
 * word itself: `box` and `boxes` are `box`, `size` and `sizes` are `siz`.
 */
export const singular = (word: string): string => {
  if (word.length < 4 || !/^[a-z]+$/.test(word)) return word
  const one = /[^uis]s$/.test(word) ? word.slice(0, -1) : word
  if (one.length > 3 && /[^ae]ie$/.test(one)) return `${one.slice(0, -2)}y`
  return /(?:ch|sh|x|ss|z|us)e$/.test(one) ? one.slice(0, -1) : one
}

/** What a word has in common with every spelling that finds it. */
export const foldWord = (word: string): string => singular(withoutMarks(word))

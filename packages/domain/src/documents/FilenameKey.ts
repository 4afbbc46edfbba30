import { normalize, withoutMarks } from "../search/Letters.ts"

/** Characters of a key; what follows decides no order. Postgres indexes 2,704 bytes. */
const maxKey = 300
const maxDigits = 40

/** The length of a number, as one character that sorts before letters, and the number: so 9 comes before 10. */
const numberKey = (digits: string) => {
  const number = digits.replace(/^0+(?=\d)/, "")
  return String.fromCharCode(0x30 + Math.min(number.length, maxDigits)) + number
}

/**
 * What orders names as people do, compared byte by byte: without case and accents, numbers by their value. Different names can
 * have the same key.
 */
export const filenameKey = (filename: string): string =>
  withoutMarks(normalize(filename)).replace(/\d+/g, numberKey).replaceAll("\0", "").slice(0, maxKey).toWellFormed()

import { dictionary } from "@zxcvbn-ts/language-common"

/** 45,000 common passwords and words, from the lists of leaked passwords in zxcvbn-ts (MIT), and our own name. */
const listed: ReadonlySet<string> = new Set([...dictionary["passwords-common"].map(String), "kite"])

/** How many characters around a listed password do not improve it: a year, `1234`, `!!`. */
const decoration = 4
/** A password that repeats so few characters is too easy to guess. */
const shortUnit = 4

const leet: Readonly<Record<string, string>> = {
  "4": "a",
  "@": "a",
  "3": "e",
  "1": "i",
  "!": "i",
  "0": "o",
  $: "s",
  "5": "s",
  "7": "t"
}
const withoutLeet = (text: string) => text.replace(/[4@31!0$57]/g, (sign) => leet[sign] ?? sign)

/** The shortest text whose repetition is this text. */
const unitOf = (text: string) => text.slice(0, (text + text).indexOf(text, 1))

const isDecorated = (text: string) => {
  for (let before = 0; before <= decoration; before++) {
    for (let after = 0; before + after <= decoration; after++) {
      if (listed.has(text.slice(before, text.length - after))) return true
    }
  }
  return false
}

const isPair = (text: string) => {
  for (let end = 1; end < text.length; end++) {
    if (listed.has(text.slice(0, end)) && listed.has(text.slice(end))) return true
  }
  return false
}

/**
 * Whether a password of 12 characters or more is too common: a listed password, two of them, one with up to four characters
 * around it, or a repeated short or listed text; in upper or lower case, with or without leet spelling.
 */
export const isCommonPassword = (password: string): boolean => {
  const lower = password.toLowerCase()
  return [lower, withoutLeet(lower)].some((text) => {
    const unit = unitOf(text)
    return unit.length <= shortUnit || isDecorated(unit) || isPair(unit)
  })
}

import { dictionary } from "@zxcvbn-ts/language-common"

/** 45,000 passwords and words, the most common first: lists of leaked passwords as zxcvbn-ts keeps them (MIT); and our own name. */
const listed: ReadonlySet<string> = new Set([...dictionary["passwords-common"].map(String), "kite"])

/** Characters that may be put around a listed password without making it a better one: a year, `1234`, `!!`. */
const decoration = 4
/** Repeated, so few characters are no password. */
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

/** The shortest text that, repeated, makes up this one. */
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
 * Whether a password of 12 characters or more is among those that are tried first: a listed one, two of them, one with up to
 * four characters around it, or a short or listed text repeated; in any case, with or without leet spelling.
 */
export const isCommonPassword = (password: string): boolean => {
  const lower = password.toLowerCase()
  return [lower, withoutLeet(lower)].some((text) => {
    const unit = unitOf(text)
    return unit.length <= shortUnit || isDecorated(unit) || isPair(unit)
  })
}

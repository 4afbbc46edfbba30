export const redacted = "<redacted>"

const secretName =
  /pass(?:word|wd|phrase|code)|secret|token|authori[sz]ation|cookie|credential|api[_-]?key|private[_-]?key|session[_-]?id|jwt|bearer|otp$/i
// Document text and request bodies. A number under such a name (a count of pages) is harmless.
const contentNames = new Set(["text", "body", "content", "payload", "pages", "html", "pwd", "pass", "auth"])

/** A value that is logged under a name that looks like a secret's: `REFRESH_TOKEN_LIFETIME`. */
export class NotSecret {
  readonly value: unknown
  constructor(value: unknown) {
    this.value = value
  }
}

/** Whether the value of this name must not be logged. */
export const isSecretName = (name: string, value: unknown): boolean =>
  !(value instanceof NotSecret) &&
  (secretName.test(name) ||
    (contentNames.has(name.toLowerCase()) && value !== null && typeof value !== "number" && typeof value !== "boolean"))

// Two quick checks that most strings pass; the others go through the patterns below.
const suspicious = /pass|pwd|secret|token|auth|cookie|key|credential|bearer|basic|digest|eyj|:\/\/[^/]*@/i
const opaque = /(?<![\w-])[\w-]{40}/

// Bounded repetitions, because these run over input of clients.
const patterns: ReadonlyArray<readonly [RegExp, string]> = [
  [/\b(set-)?cookie(["']?\s{0,5}[:=])[^\r\n]*/gi, `$1cookie$2 ${redacted}`],
  [/\b(bearer)\s{1,5}[\w.~+/=-]{6,}/gi, `$1 ${redacted}`],
  [/\b(basic|digest)\s{1,5}(?=[\w.~+/-]{0,80}[\d=+/])[\w.~+/=-]{6,}/gi, `$1 ${redacted}`],
  [/\beyJ[\w-]*\.[\w-]*(?:\.[\w-]*)?/g, redacted],
  // Userinfo of a URL: postgres://user:password@host.
  [/(:\/\/)[^\s/?#]{0,500}@/g, `$1${redacted}@`],
  [
    /((?:pass(?:word|wd|phrase)?|pwd|secret|token|authorization|credentials?|api[_-]?key|private[_-]?key)[\w-]{0,40}["']?\s{0,5}(?:[:=]|%3d)\s{0,5})(?:"[^"]*"|'[^']*'|[^\s&,;"'{}<>]+)/gi,
    `$1${redacted}`
  ],
  // Opaque tokens (32 random bytes are 43 characters of base64url), reset links with the token in the path, digests.
  [/[\w-]{40,}/g, redacted]
]

// A run of these may be the start of a token that the patterns recognise only as a whole.
const isTokenCharacter = (code: number): boolean =>
  (code >= 48 && code <= 57) || (code >= 65 && code <= 90) || (code >= 97 && code <= 122) || tokenSigns.has(code)
const tokenSigns = new Set(Array.from("_-.~+/=%", (sign) => sign.charCodeAt(0)))

const wholeWords = (text: string, end: number): string => {
  let cut = end
  while (cut > 0 && isTokenCharacter(text.charCodeAt(cut - 1))) cut--
  return text.slice(0, cut)
}

/** The text without anything like a credential; a text above `limit` characters is cut, with its length at the end. */
export const scrub = (text: string, limit: number): string => {
  const long = text.length > limit
  let clean = long ? wholeWords(text, limit) : text
  if (suspicious.test(clean) || (clean.length >= 40 && opaque.test(clean)))
    for (const [pattern, by] of patterns) clean = clean.replace(pattern, by)
  return long ? `${clean}… (${text.length} characters)` : clean
}

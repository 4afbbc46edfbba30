import { Option } from "effect"

const decodeStrictly = (bytes: Uint8Array, charset: string) => new TextDecoder(charset, { fatal: true }).decode(bytes)
/** None if the charset is unknown, or the bytes are none of its text. */
const decodeText = Option.liftThrowable(decodeStrictly)

/** The text of these bytes: UTF-8, else Latin-1, which old clients send. */
export const textOf = (bytes: Uint8Array): string =>
  Option.getOrElse(decodeText(bytes, "utf-8"), () => Buffer.from(bytes).toString("latin1"))

const encodedWord = /=\?([\w-]{1,40})(?:\*[\w-]*)?\?([BbQq])\?([^?\s]*)\?=/g
const gapBetweenWords = /(\?=)[ \t]+(?==\?[\w-]{1,40}(?:\*[\w-]*)?\?[BbQq]\?[^?\s]*\?=)/g

const bytesOfQ = (text: string) =>
  Buffer.from(
    text.replaceAll("_", " ").replace(/=([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16))),
    "latin1"
  )

/** Decodes encoded words such as `=?UTF-8?B?R3LDvMOfZQ==?=`, which mail libraries send (RFC 2047); leaves what is none. */
const decodeWords = (name: string) =>
  name
    .replace(gapBetweenWords, "$1")
    .replace(encodedWord, (word, charset: string, encoding: string, text: string) =>
      Option.getOrElse(
        decodeText(/b/i.test(encoding) ? Buffer.from(text, "base64") : bytesOfQ(text), charset),
        () => word
      )
    )

/** What a name cannot hold between its quotes, as browsers write it (WHATWG HTML, multipart/form-data encoding algorithm). */
const escapes = /%(?:22|0A|0D)/g

/** `filename`, as clients write it: in the escapes of browsers or in encoded words. */
export const decodeFilename = (name: string): string => decodeWords(name.replace(escapes, decodeURIComponent))

const extended = /^([\w-]{1,40})'[A-Za-z0-9-]*'((?:%[0-9A-Fa-f]{2}|[!#$&+.^_`|~\w-])*)$/

/** `filename*` (RFC 8187), none if it is malformed. */
export const decodeExtended = (value: string): string | undefined => {
  const [, charset, text] = extended.exec(value) ?? []
  if (charset === undefined || text === undefined) return undefined
  const bytes = text.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)))
  return Option.getOrUndefined(decodeText(Buffer.from(bytes, "latin1"), charset))
}

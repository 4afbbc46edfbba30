// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what tells binary data from text
const control = /[\0-\x08\x0e-\x1a\x1c-\x1f]/

/** Control characters that text does not have; tab, line ends, form feed and escape are not among them. */
export const hasControlCharacters = (text: string) => control.test(text)

export type Utf16 = "utf-16le" | "utf-16be"

const sampleBytes = 4096

/** Bytes of ASCII that are taken two at a time look like Chinese: then most must be Latin letters with their zeros. */
const leastLatin = (sample: Uint8Array) => {
  const bytes = sample.filter((byte) => byte !== 0)
  const ascii = bytes.filter((byte) => byte < 0x80).length
  return ascii > bytes.length * 0.9 ? 1 / 2 : 1 / 64
}

/** Units that are all characters, with some Latin letters, digits, spaces or line ends among them. */
const isPlausible = (sample: Uint8Array, encoding: Utf16) => {
  try {
    const text = new TextDecoder(encoding, { fatal: true }).decode(sample, { stream: true })
    const latin = text.match(/[\t\n\r -~]/g)?.length ?? 0
    return (
      !hasControlCharacters(text) && !/[\x7f-\x9f\p{Cn}\p{Co}]/u.test(text) && latin >= text.length * leastLatin(sample)
    )
  } catch {
    return false
  }
}

/** The UTF-16 that bytes are in by their mark, or by how they begin; none where they are something else. */
export const utf16Of = (bytes: Uint8Array): Utf16 | undefined => {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return "utf-16le"
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return "utf-16be"
  const sample = bytes.subarray(0, Math.min(sampleBytes, bytes.length & ~1))
  // Text in other encodings has no zero bytes; UTF-16 of any script has some, for its spaces and line ends.
  if (!sample.includes(0)) return undefined
  return (["utf-16le", "utf-16be"] as const).find((encoding) => isPlausible(sample, encoding))
}

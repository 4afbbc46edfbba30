import { utf16Of } from "@kite/domain/documents/Utf16"
import chardet from "chardet"

/** Text, and the WHATWG name of the encoding it was taken to be in. */
export interface DecodedText {
  readonly text: string
  readonly encoding: string
}

/** What is taken when nothing else is sure (WHATWG HTML, 13.2.3.2): every byte has a character there. */
const fallback = "windows-1252"
const sampleBytes = 64 * 1024

const decode = (bytes: Uint8Array, encoding: string): DecodedText | undefined => {
  try {
    const decoder = new TextDecoder(encoding, { fatal: true })
    return { text: decoder.decode(bytes), encoding: decoder.encoding }
  } catch {
    return undefined
  }
}

/** Encodings whose every text is valid in few others: there the detector is sure early. */
const multibyte = new Set(["Shift_JIS", "EUC-JP", "EUC-KR", "Big5", "GB18030"])
const sureMultibyte = 90
const sure = 25
const sureMargin = 10
/** Fewer bytes beyond ASCII say nothing of the language. */
const leastEvidence = 8

/** The encodings of one byte a character as Windows has them: they extend the ISO ones where those have nothing. */
const windows: Readonly<Record<string, string>> = {
  "ISO-8859-1": "windows-1252",
  "ISO-8859-7": "windows-1253",
  "ISO-8859-8": "windows-1255",
  "ISO-8859-9": "windows-1254"
}
const western = new Set(["ISO-8859-1", "windows-1252", "ASCII", "UTF-8"])

/** What the detector is sure of, by the part of the text where its letters begin. */
const detect = (bytes: Uint8Array): string | undefined => {
  const first = bytes.findIndex((byte) => byte >= 0x80)
  const sample = bytes.subarray(Math.max(0, first - 256), first + sampleBytes)
  const [best, ...others] = chardet.analyse(sample)
  if (best === undefined || western.has(best.name)) return undefined
  if (multibyte.has(best.name)) return best.confidence >= sureMultibyte ? best.name : undefined
  if (sample.filter((byte) => byte >= 0x80).length < leastEvidence) return undefined
  const rival = others.find(({ name }) => western.has(name))?.confidence ?? 0
  const isSure = best.confidence >= sure && best.confidence - rival >= sureMargin
  return isSure ? (windows[best.name] ?? best.name) : undefined
}

/** ISO-2022-JP is ASCII with escape sequences (RFC 1468). */
const isIso2022 = (text: string) => text.includes("\x1b$B") || text.includes("\x1b$@")

/**
 * Bytes as text: UTF-16 by its mark or its look, then UTF-8, then what the text itself declares, then what a detector is sure
 * of, else Windows-1252. Never fails: the last has a character for every byte.
 */
export const decodeText = (bytes: Uint8Array, declared?: string): DecodedText => {
  const utf16 = utf16Of(bytes)
  const unicode = decode(bytes, utf16 ?? "utf-8")
  if (unicode !== undefined) return (isIso2022(unicode.text) && decode(bytes, "iso-2022-jp")) || unicode
  const named = declared === undefined ? undefined : decode(bytes, declared)
  const detected = named ?? decode(bytes, detect(bytes) ?? fallback)
  return detected ?? { text: new TextDecoder(fallback).decode(bytes), encoding: fallback }
}

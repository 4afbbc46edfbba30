import { emailText } from "./Email.ts"
import { type DecodedText, decodeText } from "./Encoding.ts"
import { htmlText } from "./Html.ts"
import { rtfText } from "./Rtf.ts"

/** The pages of a text, and its encoding where that had to be assumed. */
interface TextPages {
  readonly pages: ReadonlyArray<string>
  readonly encoding?: string
}

const one = ({ text, encoding }: DecodedText): TextPages => ({ pages: [text], encoding })

const readers = {
  "text/plain": (bytes: Uint8Array) => one(decodeText(bytes)),
  "text/html": (bytes: Uint8Array) => one(htmlText(bytes)),
  "message/rfc822": async (bytes: Uint8Array): Promise<TextPages> => ({ pages: [await emailText(bytes)] }),
  "application/rtf": (bytes: Uint8Array): TextPages => ({ pages: rtfText(bytes) })
} as const

/** Kinds that are text with or without markup. */
export type TextType = keyof typeof readers

export const textPages = async (bytes: Uint8Array, type: TextType): Promise<TextPages> => readers[type](bytes)

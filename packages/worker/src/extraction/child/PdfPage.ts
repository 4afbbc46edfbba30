import { ExtractionFailure, type Page } from "@kite/domain/documents/Extraction"
import { Effect } from "effect"
import type { PDFDocumentProxy, PDFPageProxy } from "pdfjs-dist/legacy/build/pdf.mjs"
import type { Limits } from "../ExtractionLimits.ts"
import { cleanText } from "./CleanText.ts"
import { Ocr } from "./Ocr.ts"
import { renderGray } from "./PdfPageImage.ts"

const tooMuchText = new ExtractionFailure({ code: "too-large", message: "The page holds more text than is allowed." })

const unreadable = (cause: unknown) =>
  cause === tooMuchText
    ? tooMuchText
    : new ExtractionFailure({ code: "corrupt", message: "The page is damaged and cannot be read." })

/** The text layer; rejects with `tooMuchText` in the middle of a page that never ends. */
const textLayer = async (page: PDFPageProxy, maxCharacters: number): Promise<string> => {
  const reader = page.streamTextContent({ disableNormalization: false }).getReader()
  const parts: Array<string> = []
  for (let length = 0; length <= maxCharacters; ) {
    const { done, value } = await reader.read()
    if (done) return parts.join("")
    for (const item of value.items) {
      if (!("str" in item)) continue
      parts.push(item.hasEOL ? `${item.str}\n` : item.str)
      length += item.str.length + 1
    }
  }
  await reader.cancel(tooMuchText)
  throw tooMuchText
}

const readByOcr = Effect.fnUntraced(function* (page: PDFPageProxy, number: number, limits: Limits) {
  const image = yield* renderGray(page, limits.maxOcrPixels)
  if (image === undefined) return { number, text: "", source: "ocr" as const }
  const ocr = yield* Ocr
  const { text, confidence } = yield* ocr.read(image)
  return { number, text, source: "ocr" as const, confidence }
})

/** One page: its text layer, or by OCR where it has none. */
export const readPdfPage = (
  document: PDFDocumentProxy,
  number: number,
  limits: Limits
): Effect.Effect<Page, ExtractionFailure, Ocr> =>
  Effect.acquireUseRelease(
    Effect.tryPromise({ try: () => document.getPage(number), catch: unreadable }),
    (page) =>
      Effect.tryPromise({ try: () => textLayer(page, limits.maxCharacters), catch: unreadable }).pipe(
        Effect.flatMap((text): Effect.Effect<Page, ExtractionFailure, Ocr> => {
          const clean = cleanText(text).trim()
          return clean === ""
            ? readByOcr(page, number, limits)
            : Effect.succeed({ number, text: clean, source: "text" })
        })
      ),
    (page) => Effect.sync(() => page.cleanup())
  )

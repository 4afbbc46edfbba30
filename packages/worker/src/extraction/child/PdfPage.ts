import { ExtractionFailure, type Page } from "@kite/domain/documents/Extraction"
import { Effect } from "effect"
import type { PDFDocumentProxy, PDFPageProxy } from "pdfjs-dist/legacy/build/pdf.mjs"
import type { Limits } from "../ExtractionLimits.ts"
import type { Ocr } from "./Ocr.ts"
import { annotationTexts } from "./PdfAnnotations.ts"
import { imageCoverage, reduceLargeImages } from "./PdfImages.ts"
import { renderGray } from "./PdfPageImage.ts"
import { PdfPageText } from "./PdfPageText.ts"
import { takeWarnings } from "./PdfWarnings.ts"
import { xfaText } from "./PdfXfa.ts"
import { readPicture } from "./PictureText.ts"
import { cleanText } from "./pages/CleanText.ts"

const tooMuchText = new ExtractionFailure({ code: "too-large", message: "The page holds more text than is allowed." })

const unreadable = (cause: unknown) =>
  cause === tooMuchText
    ? tooMuchText
    : new ExtractionFailure({ code: "corrupt", message: "The page is damaged and cannot be read." })

/** The text layer; rejects with `tooMuchText` in the middle of a page that never ends. */
const textLayer = async (page: PDFPageProxy, maxCharacters: number): Promise<string> => {
  const reader = page.streamTextContent({ disableNormalization: false }).getReader()
  const text = new PdfPageText()
  const vertical = new Set<string>()
  for (let length = 0; length <= maxCharacters; ) {
    const { done, value } = await reader.read()
    if (done) return cleanText(text.finish()).trim()
    for (const [font, style] of Object.entries(
      value.styles as Readonly<Record<string, { readonly vertical?: boolean }>>
    )) {
      if (style.vertical) vertical.add(font)
    }
    for (const item of value.items) {
      if (!("str" in item)) continue
      text.add(item, vertical.has(item.fontName))
      length += item.str.length + 1
    }
  }
  await reader.cancel(tooMuchText)
  throw tooMuchText
}

/** A text layer shorter than this may be a stamp on a scan, whose image covers most of the page. */
const stampCharacters = 250
const scanCoverage = 0.5

const isStamp = (text: string) => text.replace(/\s/g, "").length < stampCharacters

/** Why an image is missing on the page as it was drawn; pdf.js leaves it out. */
const missingImage = (warnings: ReadonlyArray<string>) => {
  if (warnings.some((warning) => warning.includes("exceeded maximum allowed size"))) {
    return new ExtractionFailure({ code: "too-large", message: "An image on the page is too large to be read." })
  }
  return warnings.some((warning) => /Unable to decode image|image isn't ready/.test(warning))
    ? new ExtractionFailure({ code: "corrupt", message: "An image on the page is damaged and cannot be read." })
    : undefined
}

const readByOcr = Effect.fnUntraced(function* (page: PDFPageProxy, limits: Limits, withAnnotations: boolean) {
  reduceLargeImages(page)
  takeWarnings()
  const image = yield* renderGray(page, limits.maxOcrPixels, withAnnotations)
  const missing = missingImage(takeWarnings())
  const read = image && (yield* readPicture(image, limits))
  if (missing !== undefined && !read?.text) return yield* missing
  return read ?? { text: "", confidence: undefined }
})

const readDrawnPage = Effect.fnUntraced(function* (
  page: PDFPageProxy,
  number: number,
  limits: Limits
): Effect.fn.Return<Page, ExtractionFailure, Ocr> {
  const layer = yield* Effect.tryPromise({ try: () => textLayer(page, limits.maxCharacters), catch: unreadable })
  const annotations = yield* Effect.tryPromise(() => annotationTexts(page)).pipe(Effect.orElseSucceed(() => []))
  const own = [layer, ...annotations].join("\n").trim()
  const covered =
    layer !== "" && isStamp(layer)
      ? yield* Effect.tryPromise(() => imageCoverage(page)).pipe(Effect.orElseSucceed(() => 0))
      : 0
  if (layer !== "" && covered < scanCoverage) return { number, text: own, source: "text" }
  const { text, confidence } = yield* readByOcr(page, limits, annotations.length === 0)
  if (text === "" && own !== "") return { number, text: own, source: "text" }
  return {
    number,
    text: [own, text].filter((part) => part !== "").join("\n"),
    source: own === "" ? "ocr" : "text+ocr",
    ...(confidence !== undefined && { ocrConfidence: confidence })
  }
})

/** One page: its text layer, form values and annotations; by OCR where it has no text or hardly any on top of an image. */
export const readPdfPage = (
  document: PDFDocumentProxy,
  number: number,
  limits: Limits
): Effect.Effect<Page, ExtractionFailure, Ocr> =>
  Effect.acquireUseRelease(
    Effect.tryPromise({ try: () => document.getPage(number), catch: unreadable }),
    (page) =>
      document.isPureXfa
        ? Effect.tryPromise({ try: () => xfaText(page), catch: unreadable }).pipe(
            Effect.map((text) => ({ number, text, source: "text" as const }))
          )
        : readDrawnPage(page, number, limits),
    (page) => Effect.sync(() => page.cleanup())
  )

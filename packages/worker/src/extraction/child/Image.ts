import { ExtractionFailure } from "@kite/domain/documents/Extraction"
import { Effect, Stream } from "effect"
import sharp, { type SharpOptions } from "sharp"
import type { PageReply } from "../ChildProtocol.ts"
import type { Limits } from "../ExtractionLimits.ts"
import { Ocr } from "./Ocr.ts"
import { pageReply } from "./PageReply.ts"
import { pgmOf } from "./Pgm.ts"

// Only what kite accepts: no SVG (which can name other files), no HEIF, no ImageMagick.
sharp.block({ operation: ["VipsForeignLoad"] })
sharp.unblock({ operation: ["Png", "Jpeg", "Tiff", "Webp"].map((format) => `VipsForeignLoad${format}Buffer`) })
// One document at a time, and none of them twice.
sharp.cache(false)
sharp.concurrency(1)

const damaged = () => new ExtractionFailure({ code: "corrupt", message: "The image is damaged." })

const open = (file: Uint8Array, page: number, limits: Limits) => {
  const options: SharpOptions = { page, limitInputPixels: limits.maxPixels, failOn: "truncated", sequentialRead: true }
  return sharp(file, options)
}

/** Number of frames, and the longest side that OCR gets, by the header; nothing is decoded. The limit is checked here, so that the reason can be told. */
const measure = Effect.fnUntraced(function* (file: Uint8Array, page: number, limits: Limits) {
  const { width, height, pages } = yield* Effect.tryPromise({
    try: () => sharp(file, { page, limitInputPixels: false }).metadata(),
    catch: damaged
  })
  if (width * height > limits.maxPixels) {
    const megapixels = limits.maxPixels / 1_000_000
    return yield* new ExtractionFailure({
      code: "too-large",
      message: `The image of ${width} x ${height} pixels has more than ${megapixels} megapixels.`
    })
  }
  const scale = Math.min(1, Math.sqrt(limits.maxOcrPixels / (width * height)))
  return { frames: pages ?? 1, side: Math.floor(Math.max(width, height) * scale) }
})

/** The frame upright (EXIF orientation), no longer than `side`, gray, on white where it is transparent. */
const decodeGray = (file: Uint8Array, page: number, side: number, limits: Limits) =>
  Effect.tryPromise({
    try: () =>
      open(file, page, limits)
        .autoOrient()
        .flatten({ background: "#fff" })
        .resize({ width: side, height: side, fit: "inside", withoutEnlargement: true })
        .toColourspace("b-w")
        .raw({ depth: "uchar" })
        .toBuffer({ resolveWithObject: true }),
    catch: damaged
  })

const readFrame = Effect.fnUntraced(function* (file: Uint8Array, page: number, limits: Limits) {
  const { side } = yield* measure(file, page, limits)
  const { data, info } = yield* decodeGray(file, page, side, limits)
  const ocr = yield* Ocr
  const { text, confidence } = yield* ocr.read(pgmOf(data, info.width, info.height))
  return { number: page + 1, text, source: "ocr" as const, confidence }
})

/** PNG, JPEG, WebP, or each frame of a TIFF as a page, by OCR. */
export const readImage = (file: Uint8Array, limits: Limits): Stream.Stream<PageReply, ExtractionFailure, Ocr> =>
  Effect.gen(function* () {
    const { frames } = yield* measure(file, 0, limits)
    if (frames > limits.maxPages) {
      return yield* new ExtractionFailure({
        code: "too-large",
        message: `The image has ${frames} pages; up to ${limits.maxPages} are read.`
      })
    }
    return Stream.range(0, frames - 1).pipe(
      Stream.mapEffect((page) => pageReply(page + 1, readFrame(file, page, limits)))
    )
  }).pipe(Stream.unwrap)

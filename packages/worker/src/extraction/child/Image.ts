import { readFile } from "node:fs/promises"
import { ExtractionFailure } from "@kite/domain/documents/Extraction"
import { Effect, Stream } from "effect"
import { imageSize } from "image-size"
import type { PageReply } from "../ChildProtocol.ts"
import type { Limits } from "../ExtractionLimits.ts"
import { Ocr } from "./Ocr.ts"
import { pageReply } from "./PageReply.ts"
import { tiffFrames, withFirstFrame } from "./Tiff.ts"

interface Size {
  readonly width: number
  readonly height: number
}

const checkPixels = ({ width, height }: Size, limits: Limits) =>
  width * height <= limits.maxPixels
    ? Effect.void
    : new ExtractionFailure({
        code: "too-large",
        message: `The image of ${width} x ${height} pixels has more than ${limits.maxPixels / 1_000_000} megapixels.`
      })

const readImage = Effect.fnUntraced(function* (number: number, image: Uint8Array) {
  const ocr = yield* Ocr
  const { text, confidence } = yield* ocr.read(image)
  return { number, text, source: "ocr" as const, confidence }
})

/** PNG, JPEG or WebP as one page. Its dimensions are taken from its header: nothing is decoded before they are known. */
export const readImageFile = (path: string, limits: Limits): Stream.Stream<PageReply, ExtractionFailure, Ocr> =>
  Effect.gen(function* () {
    const image = yield* Effect.promise(() => readFile(path))
    const size = yield* Effect.try({
      try: () => imageSize(image),
      catch: () => new ExtractionFailure({ code: "corrupt", message: "The image is damaged." })
    })
    yield* checkPixels(size, limits)
    return yield* pageReply(1, limits, readImage(1, image))
  }).pipe(Stream.fromEffect)

/** TIFF, one page for each frame. */
export const readTiff = (path: string, limits: Limits): Stream.Stream<PageReply, ExtractionFailure, Ocr> =>
  Effect.gen(function* () {
    const file = yield* Effect.promise(() => readFile(path))
    const frames = yield* tiffFrames(file, limits.maxPages)
    if (frames.length > limits.maxPages) {
      return yield* new ExtractionFailure({
        code: "too-large",
        message: `The image has more than ${limits.maxPages} pages.`
      })
    }
    return Stream.fromIterable(frames.map((frame, index) => ({ frame, number: index + 1 }))).pipe(
      Stream.mapEffect(({ frame, number }) =>
        pageReply(
          number,
          limits,
          checkPixels(frame, limits).pipe(Effect.andThen(readImage(number, withFirstFrame(file, frame))))
        )
      )
    )
  }).pipe(Stream.unwrap)

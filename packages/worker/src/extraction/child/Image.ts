import type { ContentType } from "@kite/domain/documents/Document"
import { ExtractionFailure } from "@kite/domain/documents/Extraction"
import { Effect, Stream } from "effect"
import sharp, { type Sharp, type SharpOptions } from "sharp"
import type { ReadingReply } from "../ChildProtocol.ts"
import type { Limits } from "../ExtractionLimits.ts"
import { type GrayPicture, toneOf } from "./GrayPicture.ts"
import type { Ocr } from "./Ocr.ts"
import { pageReply, pagesLeftOut } from "./PageReply.ts"
import { readPicture } from "./PictureText.ts"

// Only what kite accepts: no SVG (which can name other files), no ImageMagick.
sharp.block({ operation: ["VipsForeignLoad"] })
sharp.unblock({
  operation: ["Png", "Jpeg", "Tiff", "Webp", "Nsgif", "Heif"].map((format) => `VipsForeignLoad${format}Buffer`)
})
// One document at a time, and none of them twice.
sharp.cache(false)
sharp.concurrency(1)

export type ImageType = Extract<ContentType, `image/${string}`>
type FailOn = NonNullable<SharpOptions["failOn"]>

/** Above the limit of pixels for OCR an image is reduced to this: 300 dots an inch of A3. */
const reducedSide = 5000

/** Numbers of a pixel that are brightness from black to white; others, like 0 to 1 in a TIFF of measured data, decode to one shade. */
const imageDepths = new Set(["uchar", "ushort"])

const damaged = () => new ExtractionFailure({ code: "corrupt", message: "The image is damaged." })
const unsupported = () =>
  new ExtractionFailure({
    code: "unsupported",
    message: "The image is stored in a variant of its format that is not read."
  })

/** What libvips and libtiff say of variants that they know and were not built to read; of other files they say something else. */
const unsupportedMessage = /not configured|not supported|not implemented|unsupported (?!image format)|bad labq/i

const failure = (cause: unknown) =>
  cause instanceof Error && unsupportedMessage.test(cause.message) ? unsupported() : damaged()

/** How strict decoding is, one after the other: a JPEG that lacks its end is read as far as it goes, no TIFF without its decoder. */
const strictness = (type: ImageType): ReadonlyArray<FailOn> => {
  if (type === "image/jpeg") return ["none"]
  return type === "image/tiff" ? ["error", "truncated"] : ["truncated"]
}

/** Size and number of frames by the header; nothing is decoded. The limit is checked here, so that the reason can be told. */
const measure = Effect.fnUntraced(function* (bytes: Uint8Array, page: number, limits: Limits) {
  const metadata = yield* Effect.tryPromise({
    try: () => sharp(bytes, { page, limitInputPixels: false }).metadata(),
    catch: failure
  })
  const { width, height } = metadata
  if (width * height > limits.maxPixels) {
    const megapixels = limits.maxPixels / 1_000_000
    return yield* new ExtractionFailure({
      code: "too-large",
      message: `The image of ${width} x ${height} pixels has more than ${megapixels} megapixels.`
    })
  }
  return metadata
})

/** Luminance (ITU-R BT.601) of RGBA pixels on white, or inverted on black where they are light and that shows more. */
const onGround = (rgba: Uint8Array): Uint8Array => {
  const sums = { white: 0, whiteSquare: 0, black: 0, blackSquare: 0 }
  const light = new Uint8Array(rgba.length / 4)
  const dark = new Uint8Array(rgba.length / 4)
  for (let from = 0, to = 0; to < light.length; from += 4, to++) {
    const luminance = ((rgba[from] ?? 0) * 77 + (rgba[from + 1] ?? 0) * 150 + (rgba[from + 2] ?? 0) * 29) >> 8
    const alpha = rgba[from + 3] ?? 255
    const white = Math.round((luminance * alpha + 255 * (255 - alpha)) / 255)
    const black = Math.round((luminance * alpha) / 255)
    light[to] = white
    dark[to] = 255 - black
    sums.white += white
    sums.whiteSquare += white * white
    sums.black += black
    sums.blackSquare += black * black
  }
  const variance = (sum: number, square: number) => square / light.length - (sum / light.length) ** 2
  const isLight = variance(sums.black, sums.blackSquare) > variance(sums.white, sums.whiteSquare) * 2
  return isLight ? dark : light
}

const decode = async (image: Sharp, hasAlpha: boolean): Promise<GrayPicture> => {
  const pixels = hasAlpha ? image.toColourspace("srgb").ensureAlpha() : image.toColourspace("b-w")
  const { data, info } = await pixels.raw({ depth: "uchar" }).toBuffer({ resolveWithObject: true })
  return { data: hasAlpha ? onGround(data) : data, width: info.width, height: info.height }
}

/** The frame upright (EXIF orientation) in gray. One shade alone, but for white, is what decoders give that had no data. */
const decodeGray = Effect.fnUntraced(function* (bytes: Uint8Array, type: ImageType, page: number, limits: Limits) {
  const { width, height, hasAlpha, depth } = yield* measure(bytes, page, limits)
  if (!imageDepths.has(depth)) return yield* unsupported()
  const attempt = (failOn: FailOn) => {
    const options = { page, limitInputPixels: limits.maxPixels, failOn, sequentialRead: true }
    const image = sharp(bytes, options)
      .timeout({ seconds: Math.ceil(limits.pageMillis / 1000) })
      .autoOrient()
    const scale = Math.sqrt(limits.maxOcrPixels / (width * height))
    const side = Math.min(reducedSide, Math.floor(Math.max(width, height) * scale))
    const fitting = scale < 1 ? image.resize({ width: side, height: side, fit: "inside" }) : image
    return Effect.tryPromise({
      try: () => decode(fitting, hasAlpha),
      catch: failure
    })
  }
  const [first, ...others] = strictness(type).map(attempt)
  let decoding = first as ReturnType<typeof attempt>
  for (const next of others) {
    decoding = Effect.catch(decoding, (error) => (error.code === "unsupported" ? Effect.fail(error) : next))
  }
  const picture = yield* decoding
  const { darkest, lightest } = toneOf(picture)
  return darkest === lightest && darkest !== 255 ? yield* damaged() : picture
})

const readFrame = Effect.fnUntraced(function* (bytes: Uint8Array, type: ImageType, page: number, limits: Limits) {
  const read = yield* readPicture(yield* decodeGray(bytes, type, page, limits), limits)
  const { text, confidence } = read ?? { text: "" }
  return {
    number: page + 1,
    text,
    source: "ocr" as const,
    ...(confidence !== undefined && { ocrConfidence: confidence })
  }
})

/** An image, or each frame of a TIFF as a page, by OCR. */
export const readImage = (
  bytes: Uint8Array,
  type: ImageType,
  limits: Limits
): Stream.Stream<ReadingReply, ExtractionFailure, Ocr> =>
  Effect.gen(function* () {
    const { pages = 1 } = yield* measure(bytes, 0, limits)
    const frames = type === "image/tiff" ? pages : 1
    const replies = Stream.range(0, Math.min(frames, limits.maxPages) - 1).pipe(
      Stream.mapEffect(
        (page): Effect.Effect<ReadingReply, never, Ocr> => pageReply(page + 1, readFrame(bytes, type, page, limits))
      )
    )
    return Stream.concat(replies, pagesLeftOut(frames, limits))
  }).pipe(Stream.unwrap)

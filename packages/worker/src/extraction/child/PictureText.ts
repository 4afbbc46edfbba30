import { ExtractionFailure } from "@kite/domain/documents/Extraction"
import { Clock, Duration, Effect } from "effect"
import type { Limits } from "../ExtractionLimits.ts"
import {
  type GrayPicture,
  inkiestPart,
  inverted,
  isBlank,
  isDark,
  scaled,
  skewOf,
  toneOf,
  turned
} from "./GrayPicture.ts"
import { Ocr, type OcrText } from "./Ocr.ts"
import { PageProgress } from "./PageProgress.ts"
import { pgmOf } from "./Pgm.ts"

/** Pictures whose longer side is shorter are of a screen: their letters are too small for the engine. */
const smallSide = 1300
const goodSide = 1800
/** Below the first, lines may lie askew; below the second, the page may stand on its head or its letters be too small. */
const confident = 90
const doubtful = 75
const sampleSide = 1000
const leastSkew = 1.5
/** Larger ones are not enlarged: their letters are not too small. */
const enlargeBelow = 2500
/** Time of a page that may be spent on trying it again. What has begun runs to its end, as long as the first reading or less. */
const patience = 3 / 4
/** Parts of a page that are read to find which way up it is take less than one reading of the whole. */
const readingsToTurn = 2

const hasWord = ({ text }: OcrText) => /[\p{L}\p{N}]{2}/u.test(text)
const isBelow = (read: OcrText, confidence: number) => read.confidence < confidence || !hasWord(read)

/** Of two readings of the same picture, the one that is surer of more. */
const worth = ({ text, confidence }: OcrText) => confidence * Math.sqrt(text.replace(/[^\p{L}\p{N}]/gu, "").length)
const better = (a: OcrText, b: OcrText) => (worth(b) > worth(a) ? b : a)

const read = ({ data, width, height }: GrayPicture) =>
  Effect.flatMap(Ocr, (ocr) => ocr.read(pgmOf(data, width, height)))
const unchangeable = () => new ExtractionFailure({ code: "corrupt", message: "The image cannot be turned or scaled." })
const change = <A>(changed: Promise<A>) => Effect.tryPromise({ try: () => changed, catch: unchangeable })

/** Enlarged so many times, or to as many pixels as the memory allows. */
const enlarge = (picture: GrayPicture, factor: number, maxPixels: number) =>
  change(scaled(picture, Math.min(factor, Math.sqrt(maxPixels / (picture.width * picture.height)))))

/** The direction in which the inkiest part of the page reads best: 0, 180, 90 or 270 degrees. */
const bestTurn = Effect.fnUntraced(function* (picture: GrayPicture) {
  const sample = yield* change(inkiestPart(picture, sampleSide))
  let best = { angle: 0, worth: worth(yield* read(sample)) }
  for (const angle of [180, 90, 270]) {
    const there = yield* read(yield* change(turned(sample, angle)))
    if (worth(there) > best.worth) best = { angle, worth: worth(there) }
    if (!isBelow(there, confident)) break
  }
  return best.angle
})

/** Tries what most often makes a page unreadable: lying askew, standing on its head, letters that are too small. */
const improve = Effect.fnUntraced(function* (
  picture: GrayPicture,
  first: OcrText,
  maxPixels: number,
  hasTimeFor: (readings: number) => boolean
) {
  let current = picture
  let best = first
  const tryPicture = Effect.fnUntraced(function* (changed: GrayPicture) {
    const there = yield* read(changed)
    if (better(best, there) === there) current = changed
    best = better(best, there)
  })
  const skew = yield* change(skewOf(current))
  if (Math.abs(skew) >= leastSkew && hasTimeFor(1)) yield* tryPicture(yield* change(turned(current, -skew)))
  if (!isBelow(best, doubtful) || !hasTimeFor(readingsToTurn)) return best
  const angle = yield* bestTurn(current)
  if (angle !== 0) yield* tryPicture(yield* change(turned(current, angle)))
  const isLarge = Math.max(current.width, current.height) > enlargeBelow
  if (!isBelow(best, doubtful) || isLarge || !hasTimeFor(1)) return best
  yield* tryPicture(yield* enlarge(current, 2, maxPixels))
  return best
})

/** The text of a picture, or `undefined` for a blank one. More than one reading only where the first is doubtful. */
export const readPicture = Effect.fnUntraced(function* (
  picture: GrayPicture,
  limits: Limits
): Effect.fn.Return<OcrText | undefined, ExtractionFailure, Ocr> {
  const tone = toneOf(picture)
  if (isBlank(tone)) return undefined
  const dark = isDark(tone) ? inverted(picture) : picture
  const side = Math.max(dark.width, dark.height)
  const fitting = side < smallSide ? yield* enlarge(dark, Math.min(4, goodSide / side), limits.maxOcrPixels) : dark
  const [duration, first] = yield* Effect.timed(read(fitting))
  if (!isBelow(first, confident)) return first
  const started = yield* Clock.currentTimeMillis
  const clock = yield* Clock.Clock
  const hasTimeFor = (readings: number) =>
    clock.currentTimeMillisUnsafe() - started + readings * Duration.toMillis(duration) <= limits.pageMillis * patience
  if (!hasTimeFor(1)) return first
  yield* (yield* PageProgress).extend
  // What cannot be changed leaves the first reading as it is.
  return yield* Effect.orElseSucceed(improve(fitting, first, limits.maxOcrPixels, hasTimeFor), () => first)
})

import { setImmediate } from "node:timers/promises"
import { ExtractionFailure } from "@kite/domain/documents/Extraction"
import { type Canvas, createCanvas } from "@napi-rs/canvas"
import { Effect } from "effect"
import { AnnotationMode, type PDFPageProxy } from "pdfjs-dist/legacy/build/pdf.mjs"
import type { GrayPicture } from "./GrayPicture.ts"

/** A PDF's unit is 1/72 inch; OCR wants 300 dots per inch. */
const pointsPerInch = 72
const dotsPerInch = 300

const unreadable = () => new ExtractionFailure({ code: "corrupt", message: "The page is damaged and cannot be drawn." })

/** The scale that gives 300 dpi, or as much as the pixel limit allows on a large page. */
const scaleFor = (width: number, height: number, maxPixels: number) =>
  Math.min(dotsPerInch / pointsPerInch, Math.sqrt(maxPixels / (width * height)))

/** Rows that are copied from the canvas at a time: a copy of the whole would double its memory. */
const rowsPerStrip = 256

/** Luminance (ITU-R BT.601) of what is on the canvas; `undefined` when all of it is white. */
const toGray = (canvas: Canvas): Uint8Array | undefined => {
  const { width, height } = canvas
  const context = canvas.getContext("2d")
  const gray = new Uint8Array(width * height)
  let blank = true
  let to = 0
  for (let top = 0; top < height; top += rowsPerStrip) {
    const rgba = context.getImageData(0, top, width, Math.min(rowsPerStrip, height - top)).data
    for (let from = 0; from < rgba.length; from += 4, to++) {
      const luminance = ((rgba[from] ?? 0) * 77 + (rgba[from + 1] ?? 0) * 150 + (rgba[from + 2] ?? 0) * 29) >> 8
      gray[to] = luminance
      blank &&= luminance === 255
    }
  }
  return blank ? undefined : gray
}

/** The page in gray for OCR, or `undefined` for a blank one. Annotations whose text is known already need not be drawn. */
export const renderGray = Effect.fnUntraced(function* (
  page: PDFPageProxy,
  maxPixels: number,
  withAnnotations: boolean
): Effect.fn.Return<GrayPicture | undefined, ExtractionFailure> {
  const { width, height } = page.getViewport({ scale: 1 })
  const scale = scaleFor(width, height, maxPixels)
  // Below one pixel per point nothing can be read: such a page is a bomb or a map of a city.
  if (!(scale >= 1)) {
    return yield* new ExtractionFailure({
      code: "too-large",
      message: "The page is too large to be drawn for reading."
    })
  }
  const viewport = page.getViewport({ scale })
  const canvas = createCanvas(Math.ceil(viewport.width), Math.ceil(viewport.height))
  const task = page.render({
    canvas,
    viewport,
    background: "#fff",
    annotationMode: withAnnotations ? AnnotationMode.ENABLE : AnnotationMode.DISABLE
  })
  yield* Effect.tryPromise({ try: () => task.promise, catch: unreadable }).pipe(
    Effect.onInterrupt(() => Effect.sync(() => task.cancel()))
  )
  const { width: columns, height: rows } = canvas
  const gray = toGray(canvas)
  // Its pixels lie outside the heap and would gather: they are given back at once, and copies of them between two tasks.
  canvas.width = 0
  canvas.height = 0
  yield* Effect.promise(() => setImmediate())
  return gray && { data: gray, width: columns, height: rows }
})

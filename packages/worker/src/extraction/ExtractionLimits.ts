import { Context, Schema } from "effect"

/** How much one extraction may cost. Sizes are bytes, times are milliseconds. */
export const Limits = Schema.Struct({
  /** Pages of a document that are read; the document says so when it has more. */
  maxPages: Schema.Int,
  /** Pixels of a picture given to OCR; what has more is reduced. */
  maxPixels: Schema.Int,
  /** Pixels of an image that is decoded; more is `too-large`. */
  maxImagePixels: Schema.Int,
  /** UTF-16 code units of a document's text: whatever plain text could be uploaded fits. */
  maxCharacters: Schema.Int,
  /** Unpacked bytes of a DOCX, as its directory declares them. */
  maxUnpackedBytes: Schema.Int,
  /** Time for one page; a page that takes longer is left without text. */
  pageMillis: Schema.Int,
  /** Silence of a child that means it hangs: it is killed. More than `pageMillis`, or no page could ever run out of time. */
  silenceMillis: Schema.Int,
  /** Time for a whole document. */
  jobMillis: Schema.Int,
  /** Resident memory of a child, everything included (heap, ArrayBuffers, WASM, canvases); above it, it is killed. */
  maxResidentBytes: Schema.Int,
  /** The part of it that may be JavaScript heap (`--max-old-space-size`). */
  maxHeapBytes: Schema.Int,
  /** A child that holds more than this after a job is replaced: WASM memory never shrinks. */
  recycleAboveBytes: Schema.Int,
  /** A child is replaced after so many jobs: what leaks, leaks for a while only. */
  recycleAfterJobs: Schema.Int
})
export type Limits = typeof Limits.Type

const MiB = 1024 * 1024

export const defaultLimits: Limits = {
  maxPages: 500,
  maxPixels: 36_000_000,
  maxImagePixels: 200_000_000,
  maxCharacters: 25 * MiB,
  maxUnpackedBytes: 200 * MiB,
  pageMillis: 60_000,
  silenceMillis: 90_000,
  jobMillis: 30 * 60_000,
  maxResidentBytes: 1024 * MiB,
  maxHeapBytes: 512 * MiB,
  recycleAboveBytes: 600 * MiB,
  recycleAfterJobs: 100
}

/** The limits in force; tests and operators narrow them with `Layer.succeed(ExtractionLimits, {...})`. */
export const ExtractionLimits = Context.Reference<Limits>("@kite/worker/extraction/ExtractionLimits", {
  defaultValue: () => defaultLimits
})

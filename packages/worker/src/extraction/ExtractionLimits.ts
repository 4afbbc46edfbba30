import { Context, Schema } from "effect"

/** How much one extraction may cost. Sizes are bytes, times are milliseconds. */
export const Limits = Schema.Struct({
  /** Pages of a document; more is `too-large`. */
  maxPages: Schema.Int,
  /** Pixels of an image; more is `too-large`. */
  maxPixels: Schema.Int,
  /** Pixels of an image that OCR is given: a larger one is made smaller, and a page is drawn at fewer dots per inch. */
  maxOcrPixels: Schema.Int,
  /** UTF-16 code units of a document's text: whatever plain text could be uploaded fits. */
  maxCharacters: Schema.Int,
  /** Unpacked bytes of a DOCX, as its directory declares them. */
  maxUnpackedBytes: Schema.Int,
  /** Time for one page; a page that takes longer is left without text. */
  pageMillis: Schema.Int,
  /** Silence of a child that means it hangs: it is killed. More than `pageMillis`, or no page could ever run out of time. */
  silenceMillis: Schema.Int,
  /** Time for a whole document, by the clock. */
  jobMillis: Schema.Int,
  /** CPU time for a document: this, and more for each page that is begun and each MiB of the file, up to a maximum. */
  cpuBaseMillis: Schema.Int,
  cpuPageMillis: Schema.Int,
  cpuMebibyteMillis: Schema.Int,
  cpuMaxMillis: Schema.Int,
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
  maxPixels: 50_000_000,
  maxOcrPixels: 50_000_000,
  maxCharacters: 25 * MiB,
  maxUnpackedBytes: 200 * MiB,
  pageMillis: 60_000,
  silenceMillis: 90_000,
  jobMillis: 20 * 60_000,
  cpuBaseMillis: 60_000,
  cpuPageMillis: 6_000,
  cpuMebibyteMillis: 4_000,
  cpuMaxMillis: 15 * 60_000,
  maxResidentBytes: 1024 * MiB,
  maxHeapBytes: 512 * MiB,
  recycleAboveBytes: 600 * MiB,
  recycleAfterJobs: 100
}

/** The limits in force; tests and operators narrow them with `Layer.succeed(ExtractionLimits, {...})`. */
export const ExtractionLimits = Context.Reference<Limits>("@kite/worker/extraction/ExtractionLimits", {
  defaultValue: () => defaultLimits
})

import { Context, Schema } from "effect"

/** The most that one extraction may use. Sizes are bytes, times are milliseconds. */
export const Limits = Schema.Struct({
  /** Pages of a document that are read; a document with more says so in a notice. */
  maxPages: Schema.Int,
  /** Pixels of an image that is decoded; more is `too-large`. */
  maxPixels: Schema.Int,
  /** Pixels of an image for OCR: a larger image is reduced, and a page is drawn at fewer dots per inch. */
  maxOcrPixels: Schema.Int,
  /** UTF-8 bytes that are kept of a document's text: so many for each byte of the file, but at least and at most these. */
  textPerFileByte: Schema.Int,
  minTextBytes: Schema.Int,
  maxTextBytes: Schema.Int,
  /** UTF-16 code units of a page's text layer; more is `too-large`. */
  maxCharacters: Schema.Int,
  /** Unpacked bytes of a DOCX, as its ZIP directory declares them. */
  maxUnpackedBytes: Schema.Int,
  /** Time for one page; a page that takes longer stays without text. */
  pageMillis: Schema.Int,
  /** A child that sends nothing for so long hangs and is killed. Must exceed `pageMillis`, which could not apply otherwise. */
  silenceMillis: Schema.Int,
  /** Time for a whole document, by the clock. */
  jobMillis: Schema.Int,
  /** CPU time for a document: this, and more for each page that is begun and each MiB of the file, up to a maximum. */
  cpuBaseMillis: Schema.Int,
  cpuPageMillis: Schema.Int,
  cpuMebibyteMillis: Schema.Int,
  cpuMaxMillis: Schema.Int,
  /** Resident memory of a child, all included (heap, ArrayBuffers, WASM, canvases); a child that exceeds it is killed. */
  maxResidentBytes: Schema.Int,
  /** JavaScript heap of a child (`--max-old-space-size`). */
  maxHeapBytes: Schema.Int,
  /** A child that uses more than this after a job is replaced: WASM memory never shrinks. */
  recycleAboveBytes: Schema.Int,
  /** A child is replaced after so many jobs, which limits leaks. */
  recycleAfterJobs: Schema.Int
})
export type Limits = typeof Limits.Type

const MiB = 1024 * 1024

export const defaultLimits: Limits = {
  maxPages: 500,
  maxPixels: 200_000_000,
  maxOcrPixels: 36_000_000,
  textPerFileByte: 50,
  minTextBytes: 64 * 1024,
  maxTextBytes: 8 * MiB,
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

/** The limits in force; tests narrow them with `Layer.succeed(ExtractionLimits, {...})`. */
export const ExtractionLimits = Context.Reference<Limits>("@kite/worker/extraction/ExtractionLimits", {
  defaultValue: () => defaultLimits
})

import { totalmem } from "node:os"
import type { Limits } from "./ExtractionLimits.ts"

const MiB = 1024 * 1024

/** What a child needs to read text, and an ordinary scan by OCR, measured: below it, fewer children are better than poorer ones. */
const childBytes = 320 * MiB
/** A child with Tesseract before its first pixel, and what it takes for each pixel of a page, measured and rounded up. */
const ocrBaseBytes = 300 * MiB
const ocrPixelBytes = 12
const minOcrPixels = 1_000_000

/** An A4 page at 300 dpi. */
const scanPixels = 8_700_000

/** Bytes that this process and its children may take together: of the container (its cgroup), else of the machine. */
export const availableBytes = (constrained = process.constrainedMemory(), total = totalmem()) =>
  constrained > 0 ? Math.min(constrained, total) : total

/** What the rest of kite keeps of the memory: the process itself, and whatever it runs besides. */
const reserve = (available: number) => Math.min(Math.max(available / 4, 128 * MiB), 512 * MiB)

/** How many children there are, and the limits of each so that all of them fit. */
export interface MemoryPlan {
  readonly children: number
  readonly limits: Limits
}

/** Narrows the limits to the share of the memory that each of so many children has; fewer children where it is too small. */
export const planMemory = (available: number, concurrency: number, limits: Limits): MemoryPlan => {
  const forChildren = available - reserve(available)
  const children = Math.min(Math.max(Math.floor(forChildren / childBytes), 1), concurrency)
  const share = Math.min(Math.floor(forChildren / children), limits.maxResidentBytes)
  const ocrPixels = Math.max(Math.floor((share - ocrBaseBytes) / ocrPixelBytes), minOcrPixels)
  return {
    children,
    limits: {
      ...limits,
      maxResidentBytes: share,
      maxHeapBytes: Math.min(limits.maxHeapBytes, Math.floor(share / 2)),
      recycleAboveBytes: Math.min(limits.recycleAboveBytes, Math.floor(share * 0.8)),
      maxOcrPixels: Math.min(limits.maxOcrPixels, ocrPixels)
    }
  }
}

/** What a worker with little memory does less well than it was asked to, in sentences for the log. */
export const describeShortage = ({ children, limits }: MemoryPlan, concurrency: number): ReadonlyArray<string> => {
  const megapixels = Math.floor(limits.maxOcrPixels / 100_000) / 10
  return [
    ...(children < concurrency
      ? [`${children} instead of ${concurrency} documents are read at a time, since each takes ${childBytes / MiB} MiB`]
      : []),
    ...(limits.maxResidentBytes < childBytes
      ? [`a document may take ${Math.floor(limits.maxResidentBytes / MiB)} MiB, which is too little for most scans`]
      : []),
    ...(limits.maxOcrPixels < scanPixels ? [`scans are reduced to ${megapixels} megapixels before they are read`] : [])
  ]
}

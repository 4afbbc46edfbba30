import { ExtractionFailure } from "@kite/domain/documents/Extraction"
import { Effect } from "effect"

/** One image file directory: where it starts, and the size of its image in pixels. */
export interface TiffFrame {
  readonly offset: number
  readonly width: number
  readonly height: number
}

const imageWidth = 256
const imageLength = 257
const typeShort = 3

/** TIFF 6.0 section 2: the chain of directories. Throws RangeError where it leaves the file. */
const walk = (bytes: Uint8Array, maxFrames: number): ReadonlyArray<TiffFrame> => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const little = bytes[0] === 0x49
  const frames: Array<TiffFrame> = []
  // One more than allowed tells "too many" from "just enough", and ends a chain that bites its tail.
  for (let offset = view.getUint32(4, little); offset !== 0 && frames.length <= maxFrames; ) {
    const entries = view.getUint16(offset, little)
    const size = new Map<number, number>()
    for (let entry = offset + 2; entry < offset + 2 + entries * 12; entry += 12) {
      const short = view.getUint16(entry + 2, little) === typeShort
      size.set(
        view.getUint16(entry, little),
        short ? view.getUint16(entry + 8, little) : view.getUint32(entry + 8, little)
      )
    }
    frames.push({ offset, width: size.get(imageWidth) ?? 0, height: size.get(imageLength) ?? 0 })
    offset = view.getUint32(offset + 2 + entries * 12, little)
  }
  return frames
}

/** The frames of a TIFF in order, at most one more than `maxFrames`. */
export const tiffFrames = (bytes: Uint8Array, maxFrames: number) =>
  Effect.try({
    try: () => walk(bytes, maxFrames),
    catch: () => new ExtractionFailure({ code: "corrupt", message: "The TIFF image is damaged." })
  })

/** The same file with that frame first: decoders that read the first frame alone then read this one. */
export const withFirstFrame = (bytes: Uint8Array, frame: TiffFrame): Uint8Array => {
  const copy = new Uint8Array(bytes)
  new DataView(copy.buffer).setUint32(4, frame.offset, bytes[0] === 0x49)
  return copy
}

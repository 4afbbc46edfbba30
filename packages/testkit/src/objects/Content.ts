import { createHash, randomUUID } from "node:crypto"
import { ObjectKey } from "@kite/domain/documents/Document"
import { Effect, Stream } from "effect"

/** An unused key. */
export const newKey = Effect.sync(() => ObjectKey.make(randomUUID()))

/** Bytes that look random and are the same for the same seed. */
export const bytesOf = (size: number, seed: number) => {
  const bytes = Buffer.alloc(size)
  let state = seed | 1
  for (let index = 0; index < size; index++) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    bytes[index] = state
  }
  return bytes
}

/** The bytes in chunks of the given sizes, in turn. */
export const chunked = (bytes: Uint8Array, sizes: ReadonlyArray<number>) => {
  const chunks: Array<Uint8Array> = []
  for (let offset = 0; offset < bytes.length; ) {
    const size = sizes[chunks.length % sizes.length] ?? bytes.length
    chunks.push(bytes.subarray(offset, offset + size))
    offset += size
  }
  return Stream.fromIterable(chunks)
}

/** `total` bytes in 64 KiB chunks that share ONE buffer, rewritten for each chunk: the source itself needs no memory. */
export const endless = (total: number) => {
  const buffer = bytesOf(64 * 1024, 7)
  return Stream.range(0, Math.ceil(total / buffer.length) - 1).pipe(
    Stream.map((index) => {
      buffer.writeUInt32BE(index)
      return buffer.subarray(0, Math.min(buffer.length, total - index * buffer.length))
    })
  )
}

export const sha256 = <E>(content: Stream.Stream<Uint8Array, E>) =>
  Effect.suspend(() => {
    const hash = createHash("sha256")
    return Effect.map(
      Stream.runForEach(content, (chunk) => Effect.sync(() => hash.update(chunk))),
      () => hash.digest("hex")
    )
  })

export const collect = <E>(content: Stream.Stream<Uint8Array, E>) =>
  Effect.map(Stream.runCollect(content), (chunks) => Buffer.concat(chunks))

/** The largest growth of this process in bytes of buffers while the stream was read. */
export const peakOf = <E>(content: Stream.Stream<Uint8Array, E>) => {
  const before = process.memoryUsage().arrayBuffers
  let peak = 0
  const watched = Stream.map(content, (chunk) => {
    peak = Math.max(peak, process.memoryUsage().arrayBuffers - before)
    return chunk
  })
  return { watched, peak: () => peak }
}

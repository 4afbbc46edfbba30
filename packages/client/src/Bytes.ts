type Bytes = AsyncGenerator<Uint8Array<ArrayBuffer>, void>

/** A stream that takes nothing from the generator before it is read. */
export const streamOf = (bytes: Bytes): ReadableStream<Uint8Array> =>
  new ReadableStream(
    {
      pull: async (controller) => {
        const { done, value } = await bytes.next()
        if (done) controller.close()
        else controller.enqueue(value)
      },
      cancel: async () => {
        await bytes.return()
      }
    },
    { highWaterMark: 0 }
  )

/** Some runtimes give all of a Blob at once as one chunk of its stream. */
const pieceBytes = 65_536

/** The bytes of a file, piece by piece. */
export async function* piecesOf(file: Blob | ReadableStream<Uint8Array>): Bytes {
  if (file instanceof Blob) {
    for (let start = 0; start < file.size; start += pieceBytes) {
      yield new Uint8Array(await file.slice(start, start + pieceBytes).arrayBuffer())
    }
    return
  }
  const reader = file.getReader()
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read())
      yield next.value as Uint8Array<ArrayBuffer>
  } finally {
    await reader.cancel()
  }
}

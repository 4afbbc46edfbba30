import { streamOf } from "./Bytes.ts"
import { type Deadline, orAborted } from "./Deadline.ts"
import type { CallOptions } from "./Http.ts"
import { ConnectionError } from "./Problem.ts"

export interface DownloadOptions extends CallOptions {
  /** The first byte to send, to continue a file of which a part is there. */
  readonly start?: number | undefined
}

/** The content of a document. */
export interface Download {
  readonly contentType: string
  /** Of the whole document; undefined if a proxy removed it. */
  readonly sizeBytes: number | undefined
  /** The bytes from `start` on. When the connection breaks, the stream continues with a second request. */
  readonly stream: ReadableStream<Uint8Array>
}

/** A response whose body is still to be read, under this deadline. */
interface Opened {
  readonly response: Response
  readonly deadline: Deadline
}

/** How many connections in a row may break without a byte. */
const maxFailures = 3

const sizeOf = ({ headers }: Response) => {
  const size = /\/(\d+)$/.exec(headers.get("content-range") ?? "")?.[1] ?? headers.get("content-length")
  return size === null ? undefined : Number(size)
}

/** `open` requests the content from a byte on. */
export const downloadFrom = async (start: number, open: (from: number) => Promise<Opened>): Promise<Download> => {
  const first = await open(start)
  const { headers } = first.response
  const sizeBytes = sizeOf(first.response)

  const reopen = async (from: number) => {
    const opened = await open(from)
    const { status, headers: again } = opened.response
    if (status === 206 && again.get("etag") === headers.get("etag")) return opened
    opened.deadline.end()
    throw new ConnectionError("The rest of the content is not available")
  }

  async function* chunks() {
    let { response, deadline } = first
    let position = start
    for (let failures = 0; ; failures++) {
      const reader = (response.body ?? new Blob().stream()).getReader()
      try {
        for (;;) {
          deadline.extend()
          const next = await orAborted(reader.read(), deadline.signal)
          deadline.pause()
          if (next.value === undefined) break
          position += next.value.byteLength
          if (next.value.byteLength > 0) failures = 0
          yield next.value
        }
      } catch (error) {
        if (deadline.signal.aborted) throw deadline.signal.reason
        if (failures >= maxFailures) throw new ConnectionError("The connection to kite failed", { cause: error })
      } finally {
        deadline.end()
        reader.cancel().catch(() => {})
      }
      if (position >= (sizeBytes ?? 0)) return
      if (failures >= maxFailures) throw new ConnectionError("The content ended early")
      ;({ response, deadline } = await reopen(position))
    }
  }

  return { contentType: headers.get("content-type") ?? "", sizeBytes, stream: streamOf(chunks()) }
}

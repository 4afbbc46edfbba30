import { piecesOf, streamOf } from "./Bytes.ts"
import type { UploadQuery } from "./Contract.ts"
import type { CallOptions, Send } from "./Http.ts"
import { hasXhr, sendByXhr } from "./Xhr.ts"

/** How much of a file is sent. It begins again when an upload is sent again. */
export interface Progress {
  readonly sentBytes: number
  /** Undefined for a stream. */
  readonly totalBytes: number | undefined
}

export interface UploadOptions extends CallOptions, UploadQuery {
  /** The name of the document; by default that of the file. */
  readonly filename?: string | undefined
  readonly onProgress?: ((progress: Progress) => void) | undefined
  /** Names this upload, so that kite can tell when it is sent again. Random by default. */
  readonly idempotencyKey?: string | undefined
}

/** Browsers stream no request over HTTP/1.1. */
const isBrowser = hasXhr || "ServiceWorkerGlobalScope" in globalThis

/** 128 random bits in hex. `crypto.randomUUID` needs https in browsers. */
export const randomName = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("")

/** Sends a file as multipart/form-data (RFC 7578). Where only XMLHttpRequest tells how much is sent, `fetch` is not used. */
export const sendFile = (file: Blob | ReadableStream<Uint8Array>, options: UploadOptions, fetch: Send): Send => {
  const { filename = (file as Partial<File>).name ?? "document", onProgress } = options
  const totalBytes = file instanceof Blob ? file.size : undefined
  const boundary = randomName()
  const part = (disposition: string) => `--${boundary}\r\nContent-Disposition: form-data; ${disposition}\r\n\r\n`
  // A field of its own needs no escapes for the quotes and line ends of a name.
  const head = new TextEncoder().encode(
    `${part('name="filename"')}${filename}\r\n${part('name="file"; filename="file"')}`
  )
  const tail = new TextEncoder().encode(`\r\n--${boundary}--\r\n`)

  /** A piece is sent when the next one is asked for. */
  async function* body(onSent: (bytes: number) => void) {
    yield head
    let sent = 0
    for await (const piece of piecesOf(file)) {
      yield piece
      sent += piece.byteLength
      onSent(sent)
    }
    yield tail
  }

  return async (url, init, deadline) => {
    const headers = { ...init.headers, "content-type": `multipart/form-data; boundary=${boundary}` }
    const onSent = (sentBytes: number) => {
      deadline.extend()
      onProgress?.({ sentBytes, totalBytes })
    }
    if (!isBrowser) {
      // By the length kite refuses what is too large before it is sent, and reserves no more quota than needed. Deno leaves it out.
      const length = totalBytes === undefined ? {} : { "content-length": `${head.length + totalBytes + tail.length}` }
      const streaming = { ...init, headers: { ...headers, ...length }, body: streamOf(body(onSent)), duplex: "half" }
      return fetch(url, streaming as typeof init, deadline)
    }
    const content = file instanceof Blob ? file : await new Response(file).blob()
    const whole = new Blob([head, content, tail])
    if (!hasXhr) return fetch(url, { ...init, headers, body: whole }, deadline)
    const onBody = (bytes: number) => onSent(Math.min(Math.max(bytes - head.length, 0), content.size))
    return sendByXhr(url, { ...init, headers }, whole, onBody)
  }
}

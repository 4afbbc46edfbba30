import { type PartHeaders, readPartHeaders } from "./PartHeaders.ts"

/** What comes out of a body: a part begins, some of its bytes, it ends. */
export type MultipartEvent =
  | { readonly _tag: "Begin"; readonly headers: PartHeaders }
  | { readonly _tag: "Bytes"; readonly bytes: Uint8Array }
  | { readonly _tag: "End" }

const lineEnd = "\r\n"
/** Bytes of one part's headers. */
const maxHeaderBytes = 16 * 1024

/** The boundary that Content-Type tells (RFC 2046 section 5.1.1); none if it tells none. */
export const boundaryOf = (contentType: string): string | undefined => {
  const [, quoted, token] = /;\s*boundary=(?:"([^"]{1,70})"|([^\s";]{1,70}))\s*(?:;|$)/i.exec(contentType) ?? []
  return quoted ?? token
}

/**
 * Takes a `multipart/form-data` body (RFC 7578) in chunks of any size. It holds back at most the headers of one part or the
 * beginning of a boundary. Every method returns undefined where the body is malformed; then it must not be called again.
 */
export class MultipartParser {
  readonly #delimiter: Buffer
  /** The body begins as if a line had ended before. */
  #rest: Buffer = Buffer.from(lineEnd)
  #state: "preamble" | "boundary" | "headers" | "body" | "end" = "preamble"

  constructor(boundary: string) {
    this.#delimiter = Buffer.from(`${lineEnd}--${boundary}`)
  }

  push(chunk: Uint8Array): ReadonlyArray<MultipartEvent> | undefined {
    const more = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    this.#rest = this.#rest.length === 0 ? more : Buffer.concat([this.#rest, more])
    const events: Array<MultipartEvent> = []
    for (let progress: boolean | undefined = true; progress; ) {
      progress = this.#step(events)
      if (progress === undefined) return undefined
    }
    return events
  }

  /** Whether the body is complete: its last boundary has come. */
  get isComplete(): boolean {
    return this.#state === "end"
  }

  /** False if more bytes are needed, undefined if the body is malformed. */
  #step(events: Array<MultipartEvent>): boolean | undefined {
    switch (this.#state) {
      case "preamble":
        return this.#readContent(() => {})
      case "body":
        return this.#readContent((bytes) => events.push({ _tag: "Bytes", bytes }), events)
      case "boundary":
        return this.#readBoundary()
      case "headers":
        return this.#readHeaders(events)
      case "end":
        // What follows the last boundary means nothing (RFC 2046 section 5.1.1).
        this.#rest = Buffer.alloc(0)
        return false
    }
  }

  #readContent(take: (bytes: Uint8Array) => void, events?: Array<MultipartEvent>): boolean {
    const at = this.#rest.indexOf(this.#delimiter)
    const end = at < 0 ? this.#endOfContent() : at
    if (end > 0) take(this.#rest.subarray(0, end))
    this.#rest = this.#rest.subarray(at < 0 ? end : at + this.#delimiter.length)
    if (at < 0) return false
    events?.push({ _tag: "End" })
    this.#state = "boundary"
    return true
  }

  /** Where a boundary may begin that goes on in the next chunk; mostly nowhere, and then no byte needs to be copied. */
  #endOfContent(): number {
    const at = this.#rest.indexOf("\r", Math.max(0, this.#rest.length - this.#delimiter.length + 1))
    return at < 0 ? this.#rest.length : at
  }

  #readBoundary(): boolean | undefined {
    const head = this.#rest.toString("latin1", 0, 128)
    if (head.length < 2) return false
    if (head.startsWith("--")) {
      this.#state = "end"
      return true
    }
    const [padding] = /^[ \t]*\r\n/.exec(head) ?? []
    if (padding === undefined) return /^[ \t]*\r?$/.test(head) && head.length < 128 ? false : undefined
    this.#rest = this.#rest.subarray(padding.length)
    this.#state = "headers"
    return true
  }

  #readHeaders(events: Array<MultipartEvent>): boolean | undefined {
    const end = this.#rest.indexOf(lineEnd + lineEnd)
    if (end < 0) return this.#rest.length > maxHeaderBytes ? undefined : false
    const headers = end > maxHeaderBytes ? undefined : readPartHeaders(this.#rest.subarray(0, end))
    if (headers === undefined) return undefined
    events.push({ _tag: "Begin", headers })
    this.#rest = this.#rest.subarray(end + 2 * lineEnd.length)
    this.#state = "body"
    return true
  }
}

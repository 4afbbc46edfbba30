import type { ContentType } from "@kite/domain/documents/Document"

const magics: ReadonlyArray<readonly [ContentType, (head: Buffer) => boolean]> = [
  ["application/pdf", (head) => /^(?:\xef\xbb\xbf)?\s*%PDF-/.test(head.toString("latin1"))],
  ["image/png", (head) => head.subarray(0, 8).equals(Buffer.from("\x89PNG\r\n\x1a\n", "latin1"))],
  ["image/jpeg", (head) => head.subarray(0, 3).equals(Buffer.from("\xff\xd8\xff", "latin1"))],
  ["image/tiff", (head) => ["II*\0", "MM\0*"].includes(head.toString("latin1", 0, 4))],
  ["image/webp", (head) => head.toString("latin1", 0, 4) === "RIFF" && head.toString("latin1", 8, 12) === "WEBP"]
]
const docx: ContentType = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
const zipMagic = Buffer.from("PK\x03\x04", "latin1")
/** Every DOCX names its main part under word/; other office files and plain archives do not. */
const docxPart = Buffer.from("word/document", "latin1")
const headBytes = 64

/**
 * Tells what a file is while its bytes stream by, by what they are and never by its name. Binary kinds show in the first
 * bytes, a DOCX by an entry of its archive, and text is what is valid UTF-8 without control characters to the very end.
 */
export class ContentSniffer {
  #head = Buffer.alloc(0)
  #kind: ContentType | "zip" | "unknown" | undefined
  #tail = Buffer.alloc(0)
  readonly #utf8 = new TextDecoder("utf-8", { fatal: true })

  /** Takes the next bytes; false as soon as they can be of no kind that kite reads. */
  push(chunk: Uint8Array): boolean {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    if (this.#kind === undefined) {
      this.#head = Buffer.concat([this.#head, bytes])
      if (this.#head.length < headBytes) return true
      return this.#begin()
    }
    return this.#continue(bytes)
  }

  /** The kind of the whole file, none where it is none of ours. */
  finish(): ContentType | undefined {
    if (this.#kind === undefined) this.#begin()
    if (this.#kind === "text/plain" && !this.#isText(Buffer.alloc(0), true)) return undefined
    return this.#kind === "zip" || this.#kind === "unknown" ? undefined : this.#kind
  }

  #begin(): boolean {
    const head = this.#head
    this.#kind = magics.find(([, matches]) => matches(head))?.[0]
    this.#kind ??= head.subarray(0, 4).equals(zipMagic) ? "zip" : "text/plain"
    return this.#continue(head)
  }

  #continue(bytes: Buffer): boolean {
    if (this.#kind === "zip") {
      const window = Buffer.concat([this.#tail, bytes])
      if (window.includes(docxPart)) this.#kind = docx
      this.#tail = window.subarray(-docxPart.length)
    }
    if (this.#kind === "text/plain" && !this.#isText(bytes, false)) this.#kind = "unknown"
    return this.#kind !== "unknown"
  }

  #isText(bytes: Buffer, last: boolean): boolean {
    try {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what tells binary data from text
      return !/[\0-\x08\x0e-\x1a\x1c-\x1f]/.test(this.#utf8.decode(bytes, { stream: !last }))
    } catch {
      return false
    }
  }
}

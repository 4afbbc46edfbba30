import type { ContentType } from "@kite/domain/documents/Document"
import { foreignFormat } from "./ForeignFormats.ts"
import { markupOf, TextSniffer } from "./TextSniffer.ts"
import { ZipSniffer } from "./ZipSniffer.ts"

const latin1 = (head: Buffer, start: number, end: number) => head.toString("latin1", start, end)

/** Where printers' headers and the like may come before it (ISO 32000-2 annex I), an object must follow. */
const isPdf = (head: Buffer) => {
  const text = latin1(head, 0, head.length)
  if (/^(?:\xef\xbb\xbf)?\s*%PDF-/.test(text)) return true
  const start = text.slice(0, 1024).search(/%PDF-[12]\.\d/)
  return start !== -1 && /\d\s+\d+\s+obj\b/.test(text.slice(start))
}

const magics: ReadonlyArray<readonly [ContentType, (head: Buffer) => boolean]> = [
  ["image/png", (head) => latin1(head, 0, 8) === "\x89PNG\r\n\x1a\n"],
  ["image/jpeg", (head) => latin1(head, 0, 3) === "\xff\xd8\xff"],
  ["image/tiff", (head) => ["II*\0", "MM\0*", "II+\0", "MM\0+"].includes(latin1(head, 0, 4))],
  ["image/webp", (head) => latin1(head, 0, 4) === "RIFF" && latin1(head, 8, 12) === "WEBP"],
  ["image/gif", (head) => /^GIF8[79]a$/.test(latin1(head, 0, 6))],
  ["image/avif", (head) => /^ftypavi[fs]$/.test(latin1(head, 4, 12))],
  ["application/pdf", isPdf]
]

const zipMagic = "PK\x03\x04"
/** The container of Office files before 2007 ([MS-CFB]), and of later ones that have a password ([MS-OFFCRYPTO]). */
const compoundFile = "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
const encryptedPackage = Buffer.from("EncryptedPackage", "utf16le")
/** Enough for whatever shows a kind: a printer's header before a PDF, the header lines of a mail. */
const headBytes = 4096

/**
 * Tells what a file is while its bytes stream by, by what they are and never by its name. Most kinds show in the first bytes,
 * Office files by an entry of their archive, and plain text by having no control characters to the very end.
 */
export class ContentSniffer {
  #head = Buffer.alloc(0)
  #kind: ContentType | "compound file" | "zip" | "unknown" | undefined
  readonly #zip = new ZipSniffer()
  #text: TextSniffer | undefined
  #tail = Buffer.alloc(0)
  /** What a file of no kind of ours looks like, with its article. */
  seen = "binary data"

  /** Takes the next bytes; false as soon as they can be of no kind that kite reads. */
  push(chunk: Uint8Array): boolean {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    if (this.#kind !== undefined) return this.#continue(bytes)
    this.#head = Buffer.concat([this.#head, bytes])
    return this.#head.length < headBytes || this.#begin()
  }

  /** The kind of the whole file, none where it is none of ours. */
  finish(): ContentType | undefined {
    if (this.#kind === undefined) this.#begin()
    if (this.#kind === "text/plain" && this.#text?.push(Buffer.alloc(0), true) === false) return undefined
    const kind = this.#kind
    return kind === "zip" || kind === "unknown" || kind === "compound file" ? undefined : kind
  }

  #begin(): boolean {
    const head = this.#head
    this.#kind = magics.find(([, matches]) => matches(head))?.[0]
    if (latin1(head, 0, 4) === zipMagic) this.#kind = "zip"
    if (latin1(head, 0, 8) === compoundFile) this.#kind = "compound file"
    this.#kind ??= markupOf(head) ?? "text/plain"
    this.#text = new TextSniffer(head)
    return this.#continue(head)
  }

  #continue(bytes: Buffer): boolean {
    if (this.#kind === "zip") {
      const found = this.#zip.push(bytes)
      if (found !== undefined) this.#kind = found === "none" ? "unknown" : found
      this.seen = this.#zip.seen
    } else if (this.#kind === "compound file") {
      const window = Buffer.concat([this.#tail, bytes])
      if (window.includes(encryptedPackage)) {
        this.#kind = "unknown"
        this.seen = "a Word, Excel or PowerPoint file that is protected by a password"
      } else {
        this.seen = "an Office file of the time before 2007 (.doc, .xls, .ppt) or another OLE container"
      }
      this.#tail = window.subarray(-encryptedPackage.length)
    } else if (this.#kind === "text/plain" && this.#text?.push(bytes) === false) {
      this.#kind = "unknown"
      this.seen = foreignFormat(this.#head)
    }
    return this.#kind !== "unknown"
  }
}

import type { ContentType } from "@kite/domain/documents/Document"

const signature = Buffer.from("PK\x03\x04", "latin1")
const headerBytes = 30
/** More than the media type of any format needs. */
const mimetypeBytes = 100
const hasDescriptor = 0x08
const unknownSize = 0xffffffff

const openXml = "application/vnd.openxmlformats-officedocument"
const mainParts: ReadonlyArray<readonly [RegExp, ContentType]> = [
  [/^word\/document\d*\.xml$/, `${openXml}.wordprocessingml.document`],
  [/^xl\/workbook\d*\.xml$/, `${openXml}.spreadsheetml.sheet`],
  [/^ppt\/presentation\d*\.xml$/, `${openXml}.presentationml.presentation`]
]
const openDocumentText = "application/vnd.oasis.opendocument.text"

/**
 * Tells what a zip is by the names of its entries (APPNOTE 4.3.7) while its bytes stream by. Where an entry does not say how
 * long it is, the next one is looked for.
 */
export class ZipSniffer {
  #rest = Buffer.alloc(0)
  #skip = 0
  #isSearching = false
  seen = "a ZIP archive that is no Word, Excel, PowerPoint or OpenDocument text file"

  /** The kind as soon as an entry shows it, `none` once it can be none of ours. */
  push(bytes: Buffer): ContentType | "none" | undefined {
    this.#rest = Buffer.concat([this.#rest, bytes])
    while (this.#advance()) {
      const kind = this.#readHeader()
      if (kind !== "next") return kind
    }
    return undefined
  }

  /** Goes to where the next header is; false while that has not come. */
  #advance(): boolean {
    const skipped = Math.min(this.#skip, this.#rest.length)
    this.#skip -= skipped
    this.#rest = this.#rest.subarray(skipped)
    if (this.#isSearching) {
      const found = this.#rest.indexOf(signature)
      this.#rest = this.#rest.subarray(found === -1 ? 1 - signature.length : found)
      this.#isSearching = found === -1
    }
    return !this.#isSearching && this.#skip === 0 && this.#rest.length >= headerBytes
  }

  #readHeader(): ContentType | "none" | "next" | undefined {
    const header = this.#rest
    if (!header.subarray(0, signature.length).equals(signature)) return "none"
    const size = header.readUInt32LE(18)
    const nameEnd = headerBytes + header.readUInt16LE(26)
    const dataStart = nameEnd + header.readUInt16LE(28)
    if (header.length < nameEnd) return undefined
    const name = header.toString("latin1", headerBytes, nameEnd)
    const kind = mainParts.find(([part]) => part.test(name))?.[1]
    if (kind !== undefined) return kind
    if (name === "mimetype") {
      const end = dataStart + Math.min(size, mimetypeBytes)
      if (header.length < end) return undefined
      const mimetype = header.toString("latin1", dataStart, end)
      if (mimetype === openDocumentText) return openDocumentText
      if (/^[\w.+/-]+$/.test(mimetype)) this.seen = `a ZIP archive of the type ${mimetype}`
    }
    this.#isSearching = (header.readUInt16LE(6) & hasDescriptor) !== 0 || size === unknownSize
    this.#skip = this.#isSearching ? nameEnd : dataStart + size
    return "next"
  }
}

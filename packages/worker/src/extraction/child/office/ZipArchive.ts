import { crc32, createInflateRaw } from "node:zlib"
import { ExtractionFailure } from "@kite/domain/documents/Extraction"
import type { Limits } from "../../ExtractionLimits.ts"

const maxEntries = 10_000
const endSignature = 0x06054b50
const endBytes = 22
const maxCommentBytes = 0xffff
const entrySignature = 0x02014b50
const entryBytes = 46
const localBytes = 30
const stored = 0
const deflated = 8
const encryptedFlag = 1

interface Entry {
  readonly method: number
  readonly flags: number
  readonly crc: number
  readonly compressedSize: number
  readonly size: number
  readonly offset: number
}

const damaged = () => new ExtractionFailure({ code: "corrupt", message: "The file is damaged and cannot be unpacked." })
const encrypted = () =>
  new ExtractionFailure({ code: "encrypted", message: "The document is protected by a password." })
const tooLarge = () =>
  new ExtractionFailure({ code: "too-large", message: "The document unpacks to more than is allowed." })

/** Where the directory begins and how many entries it says it has. */
const findDirectory = (file: Buffer) => {
  const first = Math.max(0, file.length - endBytes - maxCommentBytes)
  for (let at = file.length - endBytes; at >= first; at--) {
    if (file.readUInt32LE(at) !== endSignature) continue
    return { start: file.readUInt32LE(at + 16), size: file.readUInt32LE(at + 12), end: at }
  }
  throw damaged()
}

const readDirectory = (file: Buffer): ReadonlyMap<string, Entry> => {
  const entries = new Map<string, Entry>()
  const directory = findDirectory(file)
  // What was put before the archive shifts what its end says; a zip64 record before the end shifts the end.
  const start = [directory.start, directory.end - directory.size].find(
    (at) => at >= 0 && at + entryBytes <= file.length && file.readUInt32LE(at) === entrySignature
  )
  if (start === undefined) throw damaged()
  const shift = start - directory.start
  for (let at = start; at + entryBytes <= file.length && file.readUInt32LE(at) === entrySignature; ) {
    if (entries.size >= maxEntries) throw tooLarge()
    const nameEnd = at + entryBytes + file.readUInt16LE(at + 28)
    const name = file.toString("utf8", at + entryBytes, nameEnd).replaceAll("\\", "/")
    entries.set(name, {
      flags: file.readUInt16LE(at + 8),
      method: file.readUInt16LE(at + 10),
      crc: file.readUInt32LE(at + 16),
      compressedSize: file.readUInt32LE(at + 20),
      size: file.readUInt32LE(at + 24),
      offset: file.readUInt32LE(at + 42) + shift
    })
    at = nameEnd + file.readUInt16LE(at + 30) + file.readUInt16LE(at + 32)
  }
  return entries
}

/** The entries of a zip (APPNOTE 4.3), unpacked as streams. Everything that is unpacked counts against the limit. */
export class ZipArchive {
  readonly #file: Buffer
  readonly #entries: ReadonlyMap<string, Entry>
  readonly #maxBytes: number
  #unpacked = 0

  /** Throws an ExtractionFailure for what is damaged or says that it unpacks to more than is allowed. */
  constructor(bytes: Uint8Array, limits: Limits) {
    this.#file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#maxBytes = limits.maxUnpackedBytes
    this.#entries = readDirectory(this.#file)
    let declared = 0
    for (const { size } of this.#entries.values()) declared += size
    if (declared > this.#maxBytes) throw tooLarge()
  }

  has(name: string): boolean {
    return this.#entries.has(name)
  }

  get names(): Iterable<string> {
    return this.#entries.keys()
  }

  /** The entry's bytes; throws an ExtractionFailure where they are damaged, encrypted or too many. */
  async *read(name: string): AsyncGenerator<Buffer> {
    const entry = this.#entries.get(name)
    if (entry === undefined) throw damaged()
    if ((entry.flags & encryptedFlag) !== 0) throw encrypted()
    const file = this.#file
    if (entry.offset + localBytes > file.length) throw damaged()
    const start =
      entry.offset + localBytes + file.readUInt16LE(entry.offset + 26) + file.readUInt16LE(entry.offset + 28)
    const data = file.subarray(start, start + entry.compressedSize)
    if (data.length < entry.compressedSize || ![stored, deflated].includes(entry.method)) throw damaged()
    let crc = 0
    for await (const chunk of entry.method === stored ? [data] : inflate(data)) {
      this.#unpacked += chunk.length
      if (this.#unpacked > this.#maxBytes) throw tooLarge()
      crc = crc32(chunk, crc)
      yield chunk
    }
    if (crc !== entry.crc) throw damaged()
  }
}

async function* inflate(data: Buffer): AsyncGenerator<Buffer> {
  const inflater = createInflateRaw({ chunkSize: 64 * 1024 })
  inflater.end(data)
  try {
    yield* inflater
  } catch {
    throw damaged()
  } finally {
    inflater.destroy()
  }
}

import { ExtractionFailure } from "@kite/domain/documents/Extraction"
import sax from "sax"
import type { ZipArchive } from "./ZipArchive.ts"

/** Elements of one part; a document of millions of words has fewer. */
const maxElements = 10_000_000
const maxDepth = 10_000

export type Attributes = Readonly<Record<string, string>>

/** What hears of a part's elements. Names come without their prefix: which one a file uses is its own affair. */
export interface XmlListener {
  /** Returning `skip` leaves the element out with all that is in it. */
  open?(name: string, attributes: Attributes): unknown
  text?(text: string): void
  close?(name: string): void
}

const localName = (name: string) => name.slice(name.indexOf(":") + 1)

/** The value of an attribute, whatever its prefix. */
export const attribute = (attributes: Attributes, name: string): string | undefined => {
  for (const key in attributes) if (localName(key) === name) return attributes[key]
  return undefined
}

/** The attribute that names a relationship: always `id`, always with a prefix. */
export const relationshipId = (attributes: Attributes): string | undefined => {
  for (const key in attributes) if (key.endsWith(":id")) return attributes[key]
  return undefined
}

/** Whether an on/off attribute or element (ECMA-376 part 1, 22.9.2.7) says off. */
export const isOff = (value: string | undefined) => value === "0" || value === "false" || value === "off"

const encodingOf = (start: Buffer) => {
  const mark = start.toString("latin1", 0, 2)
  if (mark === "\xff\xfe" || mark === "<\0") return "utf-16le"
  if (mark === "\xfe\xff" || mark === "\0<") return "utf-16be"
  const declared = /^[^>]*?encoding=["']([\w.-]+)["']/.exec(start.toString("latin1", 0, 200))?.[1]
  return declared ?? "utf-8"
}

const damaged = () => new ExtractionFailure({ code: "corrupt", message: "The document is damaged and cannot be read." })
const tooLarge = () =>
  new ExtractionFailure({ code: "too-large", message: "The document has more elements than are read." })

/** Walks over one XML part of an archive while it is unpacked; entities are never expanded. */
export const walkXml = async (archive: ZipArchive, name: string, listener: XmlListener): Promise<void> => {
  const parser = sax.parser(true, { position: false })
  let elements = 0
  let depth = 0
  let skipFrom = 0
  parser.onopentag = ({ name, attributes }) => {
    depth++
    elements++
    if (elements > maxElements || depth > maxDepth) throw tooLarge()
    if (skipFrom === 0 && listener.open?.(localName(name), attributes as Attributes) === "skip") skipFrom = depth
  }
  parser.onclosetag = (name) => {
    if (skipFrom === 0) listener.close?.(localName(name))
    else if (skipFrom === depth) skipFrom = 0
    depth--
  }
  parser.ontext = (text) => {
    if (skipFrom === 0) listener.text?.(text)
  }
  parser.oncdata = parser.ontext
  parser.onerror = () => {
    throw damaged()
  }
  let decoder: TextDecoder | undefined
  for await (const chunk of archive.read(name)) {
    decoder ??= decoderFor(chunk)
    parser.write(decoder.decode(chunk, { stream: true }))
  }
  parser.write(decoder?.decode() ?? "").close()
}

const decoderFor = (start: Buffer) => {
  try {
    return new TextDecoder(encodingOf(start))
  } catch {
    throw damaged()
  }
}

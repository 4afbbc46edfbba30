import { ExtractionFailure } from "@kite/domain/documents/Extraction"
import type { Limits } from "../../ExtractionLimits.ts"
import { decodeText } from "../text/Encoding.ts"
import { htmlText } from "../text/Html.ts"
import { rtfText } from "../text/Rtf.ts"
import { mainPart, type Relationship, relationshipsOf } from "./Relationships.ts"
import { noReferences, type References, WordText } from "./WordText.ts"
import { attribute, walkXml } from "./XmlWalk.ts"
import type { ZipArchive } from "./ZipArchive.ts"

const noDocument = () =>
  new ExtractionFailure({ code: "corrupt", message: "The file is not a readable Word document." })

const noteElements = new Set(["footnote", "endnote", "comment"])

/** The texts of notes or comments by kind and id; those that only draw a line have none. */
const readNotes = async (archive: ZipArchive, parts: ReadonlyArray<Relationship>, limits: Limits) => {
  const notes = new Map<string, string>()
  for (const { target } of parts) {
    let current: { readonly key: string; readonly text: WordText } | undefined
    await walkXml(archive, target, {
      open: (name, attributes) => {
        if (!noteElements.has(name)) return current?.text.open(name, attributes)
        current = { key: `${name} ${attribute(attributes, "id")}`, text: new WordText(limits, noReferences) }
        return undefined
      },
      text: (text) => current?.text.text(text),
      close: (name) => {
        if (!noteElements.has(name)) return current?.text.close(name)
        const text = current?.text.finish().join("\n\n").trim()
        if (current !== undefined && text) notes.set(current.key, text)
        current = undefined
      }
    })
  }
  return notes
}

/** Chunks in formats of their own (ECMA-376 part 1, 17.17.2.1), by relationship. */
const readChunks = async (archive: ZipArchive, parts: ReadonlyArray<Relationship>) => {
  const chunks = new Map<string, string>()
  for (const { id, target } of parts) {
    const bytes = Buffer.concat(await Array.fromAsync(archive.read(target)))
    if (/\.rtf$/i.test(target)) chunks.set(id, rtfText(bytes).join("\n\n"))
    else if (/\.x?html?$/i.test(target)) chunks.set(id, htmlText(bytes).text)
    else if (/\.(?:txt|md|csv)$/i.test(target)) chunks.set(id, decodeText(bytes).text)
  }
  return chunks
}

const readStory = async (archive: ZipArchive, part: string, limits: Limits, references: References) => {
  const story = new WordText(limits, references)
  await walkXml(archive, part, story)
  return story.finish()
}

/** Different texts only: a document often has the same header for first, odd and even pages. */
const readFrames = async (archive: ZipArchive, parts: ReadonlyArray<Relationship>, limits: Limits) => {
  const texts = new Set<string>()
  for (const { target } of parts) texts.add((await readStory(archive, target, limits, noReferences)).join("\n"))
  texts.delete("")
  return [...texts]
}

/**
 * The pages of a Word document (ECMA-376 part 1), as far as breaks make them. Headers stand at the top of the first page,
 * footers at its end; footnotes and comments on the page that refers to them.
 */
export const readDocx = async (archive: ZipArchive, limits: Limits): Promise<ReadonlyArray<string>> => {
  const main = await mainPart(archive, "word/document.xml")
  if (main === undefined) throw noDocument()
  const parts = Map.groupBy(await relationshipsOf(archive, main), ({ type }) => type)
  const partsOf = (...types: ReadonlyArray<string>) => types.flatMap((type) => parts.get(type) ?? [])
  const notes = await readNotes(archive, partsOf("footnotes", "endnotes", "comments"), limits)
  const chunks = await readChunks(archive, partsOf("aFChunk"))
  const references: References = {
    note: (kind, id) => notes.get(`${kind} ${id}`),
    chunk: (id) => chunks.get(id)
  }
  const [first = "", ...others] = await readStory(archive, main, limits, references)
  const headers = await readFrames(archive, partsOf("header"), limits)
  const footers = await readFrames(archive, partsOf("footer"), limits)
  return [[...headers, first, ...footers].filter((text) => text !== "").join("\n\n"), ...others]
}

import { ExtractionFailure } from "@kite/domain/documents/Extraction"
import type { Limits } from "../../ExtractionLimits.ts"
import { PageWriter } from "../pages/PageWriter.ts"
import { readDrawing } from "./Drawing.ts"
import { mainPart, relationshipsOf } from "./Relationships.ts"
import { relationshipId, walkXml } from "./XmlWalk.ts"
import type { ZipArchive } from "./ZipArchive.ts"

const noPresentation = () =>
  new ExtractionFailure({ code: "corrupt", message: "The file is not a readable PowerPoint presentation." })

/** What belongs to a slide besides what stands on it. */
const attached = new Set(["notesSlide", "comments", "chart", "diagramData"])

/** A page for each slide of a PowerPoint presentation (ECMA-376 part 1, 19), in the order in which they are shown. */
export const readPptx = async (archive: ZipArchive, limits: Limits): Promise<ReadonlyArray<string>> => {
  const main = await mainPart(archive, "ppt/presentation.xml")
  if (main === undefined) throw noPresentation()
  const parts = new Map((await relationshipsOf(archive, main)).map(({ id, target }) => [id, target]))
  const slides: Array<string> = []
  await walkXml(archive, main, {
    open: (name, attributes) => {
      const target = name === "sldId" ? parts.get(relationshipId(attributes) ?? "") : undefined
      if (target !== undefined) slides.push(target)
    }
  })
  const pages: Array<string> = []
  for (const slide of slides) {
    const writer = new PageWriter(limits)
    await readDrawing(archive, slide, writer)
    for (const { type, target } of await relationshipsOf(archive, slide)) {
      if (!attached.has(type)) continue
      writer.separate("\n\n")
      await readDrawing(archive, target, writer)
    }
    pages.push(writer.text)
  }
  return pages
}

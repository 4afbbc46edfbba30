import type { PageWriter } from "../pages/PageWriter.ts"
import { walkXml } from "./XmlWalk.ts"
import type { ZipArchive } from "./ZipArchive.ts"

/** The text of a part in DrawingML or of comments (ECMA-376 part 1, 20 and 21): slides, notes, charts, diagrams. */
export const readDrawing = async (archive: ZipArchive, part: string, writer: PageWriter): Promise<void> => {
  const alternatives: Array<number> = []
  let inText = false
  await walkXml(archive, part, {
    open: (name) => {
      inText = name === "t" || name === "text" || name === "v"
      if (name === "br") writer.separate("\n")
      else if (name === "tab") writer.separate("\t")
      else if (name === "AlternateContent") alternatives.push(writer.characters)
      else if ((name === "Choice" || name === "Fallback") && writer.characters > (alternatives.at(-1) ?? 0))
        return "skip"
      return undefined
    },
    text: (text) => {
      if (inText) writer.write(text)
    },
    close: (name) => {
      inText = false
      if (name === "p" || name === "text" || name === "comment") writer.separate("\n")
      else if (name === "v" || name === "tc") writer.separate("\t")
      else if (name === "tr" || name === "pt") writer.separate("\n")
      else if (name === "sp" || name === "txBody") writer.separate("\n\n")
      else if (name === "AlternateContent") alternatives.pop()
    }
  })
}

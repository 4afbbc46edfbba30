import { posix } from "node:path"
import { attribute, walkXml } from "./XmlWalk.ts"
import type { ZipArchive } from "./ZipArchive.ts"

/** Parts that a part refers to (ECMA-376 part 2, 6.5.3), as far as the archive has them. */
export interface Relationship {
  readonly id: string
  /** The last step of its type: `header`, `footnotes`, `slide` and so on, the same in both variants of the standard. */
  readonly type: string
  /** The entry's name. */
  readonly target: string
}

/** `part` is an entry's name; the empty one is the package itself. */
export const relationshipsOf = async (archive: ZipArchive, part: string): Promise<ReadonlyArray<Relationship>> => {
  const folder = posix.dirname(part)
  const name = posix.join(folder, "_rels", `${posix.basename(part)}.rels`)
  if (!archive.has(name)) return []
  const found: Array<Relationship> = []
  await walkXml(archive, name, {
    open: (element, attributes) => {
      if (element !== "Relationship" || attribute(attributes, "TargetMode") === "External") return
      const [id = "", type = "", path = ""] = ["Id", "Type", "Target"].map((key) => attribute(attributes, key))
      const target = path.startsWith("/") ? path.slice(1) : posix.join(folder, path)
      if (archive.has(target)) found.push({ id, type: type.slice(type.lastIndexOf("/") + 1), target })
    }
  })
  return found
}

/** The part that the package is about; none where the archive is no Office document. */
export const mainPart = async (archive: ZipArchive, usual: string): Promise<string | undefined> => {
  const related = (await relationshipsOf(archive, "")).find(({ type }) => type === "officeDocument")
  return related?.target ?? (archive.has(usual) ? usual : undefined)
}

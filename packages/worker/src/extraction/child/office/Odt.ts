import { ExtractionFailure } from "@kite/domain/documents/Extraction"
import type { Limits } from "../../ExtractionLimits.ts"
import { PageWriter } from "../pages/PageWriter.ts"
import { type Attributes, attribute, walkXml, type XmlListener } from "./XmlWalk.ts"
import type { ZipArchive } from "./ZipArchive.ts"

/** What is said about the document, what was deleted from it, and what stands above other text. */
const skipped = new Set(["tracked-changes", "ruby-text", "note-citation", "creator", "date", "date-string", "script"])
/** Texts of their own inside a paragraph, which they must not tear apart. */
const asides = new Set(["note-body", "annotation", "text-box"])
const paragraphs = new Set(["p", "h"])
const maxNesting = 20
const maxSpaces = 1000

/** The text of an OpenDocument part (OASIS ODF 1.3 part 3). Notes, comments and text boxes follow their paragraph. */
class OdtText implements XmlListener {
  readonly #limits: Limits
  readonly #stories: Array<PageWriter>
  readonly #asides: Array<string> = []
  readonly #breaking = new Set<string>()
  #style = ""
  #paragraphs = 0
  #cells = 0

  constructor(limits: Limits) {
    this.#limits = limits
    this.#stories = [new PageWriter(limits)]
  }

  get pages(): ReadonlyArray<string> {
    return this.#story.pages
  }

  get #story(): PageWriter {
    return this.#stories.at(-1) as PageWriter
  }

  open(name: string, attributes: Attributes): unknown {
    if (skipped.has(name)) return "skip"
    if (asides.has(name)) {
      if (this.#stories.length > maxNesting) return "skip"
      this.#stories.push(new PageWriter(this.#limits))
    } else if (paragraphs.has(name)) {
      this.#paragraphs++
      if (this.#breaking.has(attribute(attributes, "style-name") ?? "")) this.#breakPage()
    }
    switch (name) {
      case "style":
        this.#style = attribute(attributes, "name") ?? ""
        break
      case "paragraph-properties":
        if (attribute(attributes, "break-before") === "page") this.#breaking.add(this.#style)
        break
      case "tab":
        this.#story.separate("\t")
        break
      case "line-break":
        this.#story.separate("\n")
        break
      case "s":
        this.#story.write(" ".repeat(Math.min(maxSpaces, Number(attribute(attributes, "c")) || 1)))
        break
      case "soft-page-break":
        this.#breakPage()
        break
      case "table-cell":
        this.#cells++
    }
    return undefined
  }

  text(text: string): void {
    if (this.#paragraphs > 0) this.#story.write(text.replace(/[ \t\r\n]+/g, " "))
  }

  close(name: string): void {
    if (asides.has(name)) this.#asides.push((this.#stories.pop() as PageWriter).text)
    else if (paragraphs.has(name)) this.#endParagraph()
    else if (name === "table-cell") {
      this.#cells--
      this.#story.separate("\t")
    } else if (name === "table-row") this.#story.separate("\n")
  }

  #endParagraph(): void {
    this.#paragraphs--
    this.#story.separate(this.#cells > 0 ? "\n" : "\n\n")
    if (this.#stories.length > 1) return
    for (const text of this.#asides.splice(0)) {
      this.#story.write(text)
      this.#story.separate("\n\n")
    }
  }

  #breakPage(): void {
    if (this.#stories.length === 1) this.#story.breakPage()
  }
}

const frames = /^(?:header|footer)(?:-left|-first)?$/

/** Headers and footers, which the part of styles has. */
const readFrames = async (archive: ZipArchive, limits: Limits) => {
  const text = new OdtText(limits)
  let depth = 0
  await walkXml(archive, "styles.xml", {
    open: (name, attributes) => {
      if (frames.test(name)) depth++
      return depth > 0 ? text.open(name, attributes) : undefined
    },
    text: (value) => depth > 0 && text.text(value),
    close: (name) => {
      if (frames.test(name)) depth--
      else if (depth > 0) text.close(name)
    }
  })
  return text.pages.join("\n\n")
}

const isEncrypted = async (archive: ZipArchive) => {
  let found = false
  await walkXml(archive, "META-INF/manifest.xml", {
    open: (name) => {
      found ||= name === "encryption-data"
    }
  })
  return found
}

/** The pages of an OpenDocument text, as far as breaks make them; headers and footers stand on the first. */
export const readOdt = async (archive: ZipArchive, limits: Limits): Promise<ReadonlyArray<string>> => {
  if (archive.has("META-INF/manifest.xml") && (await isEncrypted(archive))) {
    throw new ExtractionFailure({ code: "encrypted", message: "The document is protected by a password." })
  }
  const body = new OdtText(limits)
  await walkXml(archive, "content.xml", body)
  const frame = archive.has("styles.xml") ? await readFrames(archive, limits) : ""
  const [first = "", ...others] = body.pages
  return [[frame, first].filter((text) => text !== "").join("\n\n"), ...others]
}

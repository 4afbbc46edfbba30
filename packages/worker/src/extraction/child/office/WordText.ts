import type { Limits } from "../../ExtractionLimits.ts"
import { PageWriter } from "../pages/PageWriter.ts"
import { type Attributes, attribute, isOff, relationshipId, type XmlListener } from "./XmlWalk.ts"

/** Text that belongs where another part refers to it, by the id there. */
export interface References {
  /** Text of a `footnote`, `endnote` or `comment`. */
  readonly note: (kind: string, id: string) => string | undefined
  /** Text of an alternative chunk, by its relationship. */
  readonly chunk: (id: string) => string | undefined
}

export const noReferences: References = { note: () => undefined, chunk: () => undefined }

/** Read for their properties or not at all: tab stops, what was moved away, ruby annotations, the field's code. */
const skipped = new Set(["tabs", "moveFrom", "rt", "instrText", "delText", "delInstrText", "pPrChange", "rPrChange"])
const noteReferences: Readonly<Record<string, string>> = {
  footnoteReference: "footnote",
  endnoteReference: "endnote",
  commentReference: "comment"
}

/** Deeper than any document nests its text boxes and fields. */
const maxNesting = 20

/**
 * The text of a WordprocessingML part (ECMA-376 part 1, 17): the story of the body, a header, a note. Text boxes follow the
 * paragraph they are anchored in, footnotes end their page, endnotes the document.
 */
export class WordText implements XmlListener {
  readonly #limits: Limits
  readonly #references: References
  readonly #stories: Array<PageWriter>
  readonly #boxes: Array<Array<string>> = [[]]
  readonly #alternatives: Array<number> = []
  readonly #fields: Array<"code" | "result"> = []
  readonly #notes: Array<string> = []
  readonly #endnotes: Array<string> = []
  #cells = 0
  #written = 0
  #inText = false

  constructor(limits: Limits, references: References) {
    this.#limits = limits
    this.#references = references
    this.#stories = [new PageWriter(limits)]
  }

  get #story(): PageWriter {
    return this.#stories.at(-1) as PageWriter
  }

  /** Ends the story and returns its pages. */
  finish(): ReadonlyArray<string> {
    this.#endPage()
    for (const text of this.#endnotes.splice(0)) this.#paragraph(text)
    return this.#story.pages
  }

  open(name: string, attributes: Attributes): unknown {
    if (skipped.has(name)) return "skip"
    switch (name) {
      case "t":
        this.#inText = true
        break
      case "tab":
      case "ptab":
        this.#story.separate("\t")
        break
      case "cr":
        this.#story.separate("\n")
        break
      case "br":
        if (attribute(attributes, "type") === "page") this.#breakPage()
        else this.#story.separate("\n")
        break
      case "lastRenderedPageBreak":
        this.#breakPage()
        break
      case "pageBreakBefore":
        if (!isOff(attribute(attributes, "val"))) this.#breakPage()
        break
      case "noBreakHyphen":
        this.#write("-")
        break
      case "sym":
        this.#write(symbol(attribute(attributes, "char") ?? ""))
        break
      case "fldChar":
        this.#field(attribute(attributes, "fldCharType"))
        break
      case "txbxContent":
        if (this.#stories.length > maxNesting) return "skip"
        this.#stories.push(new PageWriter(this.#limits))
        this.#boxes.push([])
        break
      case "AlternateContent":
        this.#alternatives.push(this.#written)
        break
      case "Choice":
      case "Fallback":
        // The first that has text is taken, the others say the same.
        if (this.#written > (this.#alternatives.at(-1) ?? 0)) return "skip"
        break
      case "footnoteReference":
      case "endnoteReference":
      case "commentReference":
        this.#note(noteReferences[name] as string, attribute(attributes, "id") ?? "")
        break
      case "altChunk":
        this.#paragraph(this.#references.chunk(relationshipId(attributes) ?? "") ?? "")
        break
      case "tc":
        this.#cells++
    }
    return undefined
  }

  text(text: string): void {
    if (this.#inText) this.#write(text)
  }

  close(name: string): void {
    switch (name) {
      case "t":
        this.#inText = false
        break
      case "p":
        this.#endParagraph()
        break
      case "num":
      case "den":
        this.#story.separate(" ")
        break
      case "tc":
        this.#cells--
        this.#story.separate("\t")
        break
      case "tr":
        this.#story.separate("\n")
        break
      case "tbl":
        this.#story.separate("\n\n")
        break
      case "txbxContent":
        this.#boxes.pop()
        this.#boxes.at(-1)?.push((this.#stories.pop() as PageWriter).text)
        break
      case "AlternateContent":
        this.#alternatives.pop()
    }
  }

  #write(text: string): void {
    if (this.#fields.includes("code")) return
    this.#written += text.length
    this.#story.write(text)
  }

  #paragraph(text: string): void {
    this.#story.separate("\n\n")
    this.#story.write(text)
    this.#story.separate("\n\n")
  }

  #endParagraph(): void {
    this.#story.separate(this.#cells > 0 ? "\n" : "\n\n")
    for (const text of this.#boxes.at(-1)?.splice(0) ?? []) this.#paragraph(text)
    // A field's code does not go beyond its paragraph; one that never ends must not swallow the rest.
    this.#fields.fill("result")
  }

  #field(type: string | undefined): void {
    if (type === "begin" && this.#fields.length < maxNesting) this.#fields.push("code")
    else if (type === "separate") this.#fields.splice(-1, 1, "result")
    else if (type === "end") this.#fields.pop()
  }

  #note(kind: string, id: string): void {
    const text = this.#references.note(kind, id)
    if (text !== undefined) (kind === "endnote" ? this.#endnotes : this.#notes).push(text)
  }

  #endPage(): void {
    for (const text of this.#notes.splice(0)) this.#paragraph(text)
  }

  /** Only the body has pages. */
  #breakPage(): void {
    if (this.#stories.length > 1) {
      this.#story.separate("\n")
    } else {
      this.#endPage()
      this.#story.breakPage()
    }
  }
}

/** A character by its code in hex; codes of the private use area mean a picture in a symbol font. */
const symbol = (hex: string) => {
  const code = Number.parseInt(hex, 16)
  return code >= 0x20 && code < 0xe000 && !(code >= 0xd800) ? String.fromCharCode(code) : ""
}

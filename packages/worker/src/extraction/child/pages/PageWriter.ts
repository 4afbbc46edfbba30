import { ExtractionFailure } from "@kite/domain/documents/Extraction"
import type { Limits } from "../../ExtractionLimits.ts"

type TextLimits = Pick<Limits, "maxCharacters" | "maxPages">

const strengths = ["", " ", "\t", "\n", "\n\n"] as const
type Separator = (typeof strengths)[number]

const tooMuchText = () =>
  new ExtractionFailure({ code: "too-large", message: "The document holds more text than is allowed." })

/**
 * Gathers text in pages. Of separators that meet only the strongest is written, and none at the edge of a page; a page break
 * on an empty page is none, so that two ways of saying the same break make one page.
 */
export class PageWriter {
  readonly #pages: Array<string> = []
  readonly #limits: TextLimits
  #parts: Array<string> = []
  #separator: Separator = ""
  #characters = 0

  constructor(limits: TextLimits) {
    this.#limits = limits
  }

  /** Throws an ExtractionFailure when it is too much. Soft hyphens only say where a line may end: they go. */
  write(text: string): void {
    const clean = text.replaceAll("\u00ad", "")
    if (clean === "") return
    this.#characters += clean.length
    if (this.#characters > this.#limits.maxCharacters) throw tooMuchText()
    if (this.#parts.length > 0) this.#parts.push(this.#separator)
    this.#separator = ""
    this.#parts.push(clean)
  }

  separate(separator: Separator): void {
    if (strengths.indexOf(separator) > strengths.indexOf(this.#separator)) this.#separator = separator
  }

  /** Starts a new page; beyond the pages that are read the text goes on where it is, so that none is lost. */
  breakPage(): void {
    if (this.#parts.length === 0) return
    if (this.#pages.length + 1 < this.#limits.maxPages) {
      this.#pages.push(this.#parts.join(""))
      this.#parts = []
      this.#separator = ""
    } else {
      this.separate("\n\n")
    }
  }

  /** The length of the text so far: whether it grew tells whether something was written. */
  get characters(): number {
    return this.#characters
  }

  /** All pages, at least one. */
  get pages(): ReadonlyArray<string> {
    return this.#parts.length > 0 || this.#pages.length === 0 ? [...this.#pages, this.#parts.join("")] : this.#pages
  }

  /** All text in one, for what goes into another text. */
  get text(): string {
    return this.pages.join("\n\n")
  }
}

import { type ExtractedText, ExtractionFailure, type Notice, type Page } from "@kite/domain/documents/Extraction"
import { timedOut } from "./ExitReason.ts"
import type { Limits } from "./ExtractionLimits.ts"

const MiB = 1024 * 1024

/** What is known of a document so far. It outlives the child that reads it, so that the next one goes on from there. */
export class Reading {
  readonly pages: Array<Page> = []
  /** What was left out of the document, apart from pages that failed. */
  readonly notices: Array<Notice> = []
  /** The encoding of a text. */
  encoding: string | undefined
  /** CPU time, in milliseconds, of the children that are gone. */
  spentMillis = 0
  /** When the first child began, in milliseconds of the clock. */
  startedAt: number | undefined
  /** Bytes of the file, once it has been looked at. */
  size = 0
  readonly #rows: Array<string> = []
  /** The numbers of the pages that failed, by the reason. */
  readonly #failedPages = new Map<string, Array<number>>()
  #isIndexComplete = true
  #firstFailure: ExtractionFailure | undefined
  #begun = 0

  get nextPage() {
    return this.pages.length + 1
  }

  begin(number: number) {
    this.#begun = number
  }

  /** Leaves the page empty; the document fails for the first such reason if it has no text at all. */
  leaveOut(number: number, failure: ExtractionFailure) {
    this.#firstFailure ??= failure
    this.#failedPages.set(failure.message, [...(this.#failedPages.get(failure.message) ?? []), number])
    this.pages.push({ number, text: "", source: "ocr" })
  }

  /** Adds a row of the search index. */
  index({ row, isComplete }: { readonly row: string; readonly isComplete: boolean }) {
    this.#rows.push(row)
    this.#isIndexComplete &&= isComplete
  }

  /** CPU time that the document may take by its size and the pages begun so far, in milliseconds. */
  budgetMillis({ cpuBaseMillis, cpuPageMillis, cpuMebibyteMillis, cpuMaxMillis }: Limits) {
    const wanted = cpuBaseMillis + cpuPageMillis * this.#begun + (cpuMebibyteMillis * this.size) / MiB
    return Math.min(wanted, cpuMaxMillis)
  }

  /** UTF-8 bytes of text that are kept of the document, by the size of its file. */
  textBytes({ textPerFileByte, minTextBytes, maxTextBytes }: Limits) {
    return Math.min(maxTextBytes, Math.max(minTextBytes, textPerFileByte * this.size))
  }

  /** UTF-8 bytes of the pages that are read. */
  get textBytesRead() {
    return this.pages.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0)
  }

  /** The text when the last page is read, or the reason why there is none. */
  finished(): ExtractedText | ExtractionFailure {
    return this.#firstFailure !== undefined && !this.#hasText() ? this.#firstFailure : this.#text()
  }

  /** The pages read before the time ran out, or just that it did. */
  cutOff(): ExtractedText | ExtractionFailure {
    const { code } = timedOut()
    const message = `Reading the document took too long; its first ${this.pages.length} pages were read.`
    return this.#hasText() ? { pages: this.pages, cutOffBy: new ExtractionFailure({ code, message }) } : timedOut()
  }

  #text(): ExtractedText {
    const terms = { rows: this.#rows, isComplete: this.#isIndexComplete }
    const notices = [...this.#pagesFailed(), ...this.notices]
    return {
      pages: this.pages,
      ...(this.#rows.length > 0 && { terms }),
      ...(this.encoding !== undefined && { encoding: this.encoding }),
      ...(notices.length > 0 && { notices })
    }
  }

  #pagesFailed(): ReadonlyArray<Notice> {
    return Array.from(this.#failedPages, ([message, pages]) => ({ code: "pages-failed", message, pages }))
  }

  #hasText() {
    return this.pages.some(({ text }) => text !== "")
  }
}

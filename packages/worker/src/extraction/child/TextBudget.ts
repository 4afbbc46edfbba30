import type { Notice } from "@kite/domain/documents/Extraction"

const encoder = new TextEncoder()

const describe = (bytes: number, page: number): Notice => ({
  code: "text-cut",
  message: `The file has more text than kite keeps: it ends on page ${page}, after ${bytes.toLocaleString("en")} bytes in all.`,
  pages: [page]
})

/** UTF-8 bytes of text that may still be kept of a document. */
export class TextBudget {
  #left: number
  readonly #total: number

  /** `total`: of the whole document; `used`: of the pages that are read already. */
  constructor(total: number, used: number) {
    this.#total = total
    this.#left = total - used
  }

  /** What may be kept of the next page, and a notice if that is not all. Characters stay whole. */
  take(text: string, page: number): { readonly text: string; readonly notice?: Notice } {
    const bytes = Buffer.byteLength(text)
    if (bytes <= this.#left) {
      this.#left -= bytes
      return { text }
    }
    const { read } = encoder.encodeInto(text, new Uint8Array(this.#left))
    this.#left = 0
    return { text: text.slice(0, read), notice: describe(this.#total, page) }
  }
}

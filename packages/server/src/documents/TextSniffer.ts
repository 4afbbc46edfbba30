import type { ContentType } from "@kite/domain/documents/Document"
import { hasControlCharacters, utf16Of } from "@kite/domain/documents/Utf16"

/** The beginning as text without its mark: what its first tags and header lines are written in is ASCII. */
const beginning = (head: Buffer) =>
  new TextDecoder(utf16Of(head) ?? "latin1").decode(head).replace(/^(?:\xef\xbb\xbf|\ufeff)/, "")

/** A doctype or a tag that only a whole page starts with; Markdown may start with other tags. */
const startOfHtml = /^<(?:!doctype\s+html|html|head|body|title|meta|script|style)[\s>]/i

const isHtml = (text: string) => {
  let rest = text.trimStart()
  for (let times = 0; times < 50; times++) {
    const [open, close] = rest.startsWith("<?xml") ? ["<?xml", "?>"] : ["<!--", "-->"]
    const end = rest.startsWith(open) ? rest.indexOf(close) : -1
    if (end === -1) break
    rest = rest.slice(end + close.length).trimStart()
  }
  return startOfHtml.test(rest)
}

const mailHeaders = new Set(["from", "to", "cc", "subject", "date", "message-id", "received", "return-path"])
const transportHeaders = /^(?:received|return-path|message-id|mime-version|delivered-to|x-[a-z-]+|date):/im

/** Nothing but header lines (RFC 5322 section 2.2) up to the first empty one, and among them those that mails have. */
const isMail = (text: string) => {
  const [block = ""] = text.split(/\r?\n\r?\n/, 1)
  const lines = block.split(/\r?\n/)
  if (block.length === text.length) lines.pop()
  if (lines.length < 2 || !lines.every((line) => /^(?:[!-9;-~]+:|[ \t])/.test(line))) return false
  const names = new Set(lines.map((line) => line.slice(0, line.indexOf(":")).toLowerCase()))
  return transportHeaders.test(block) && [...names].filter((name) => mailHeaders.has(name)).length >= 2
}

/** What a text is by how it starts; none for plain text. */
export const markupOf = (head: Buffer): ContentType | undefined => {
  const text = beginning(head)
  if (text.startsWith("{\\rtf")) return "application/rtf"
  if (isHtml(text)) return "text/html"
  return isMail(text) ? "message/rfc822" : undefined
}

/** Tells text by having no control characters from beginning to end, in whatever encoding. */
export class TextSniffer {
  readonly #utf16: TextDecoder | undefined

  constructor(head: Buffer) {
    const encoding = utf16Of(head)
    this.#utf16 = encoding === undefined ? undefined : new TextDecoder(encoding, { fatal: true })
  }

  /** False for bytes that text does not have. */
  push(bytes: Buffer, last = false): boolean {
    if (this.#utf16 === undefined) return !hasControlCharacters(bytes.toString("latin1"))
    try {
      return !hasControlCharacters(this.#utf16.decode(bytes, { stream: !last }))
    } catch {
      return false
    }
  }
}

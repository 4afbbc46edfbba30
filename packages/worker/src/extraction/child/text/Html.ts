import { Tokenizer } from "htmlparser2"
import { PageWriter } from "../pages/PageWriter.ts"
import { type DecodedText, decodeText } from "./Encoding.ts"

/** Elements whose content is no text that a reader sees. */
const hidden = new Set(["script", "style", "template", "noframes", "object", "iframe", "head"])
/** Elements of the head that are text, and whatever begins the body where the head was not closed. */
const shownInHead = new Set(["title", "body"])
const lineBreaking = new Set([
  "br",
  "tr",
  "li",
  "option",
  "dt",
  "dd",
  "hr",
  "legend",
  "caption",
  "address",
  "figcaption"
])
const paragraphs = new Set(
  "p div h1 h2 h3 h4 h5 h6 ul ol dl table blockquote pre section article header footer nav aside main form fieldset body title".split(
    " "
  )
)
const cells = new Set(["td", "th"])
const shownAttributes = new Set(["alt", "title", "placeholder", "aria-label"])

const metaCharset = /<meta[^>]{0,200}?charset\s*=\s*["']?\s*([\w.:-]{1,40})/i

const noLimits = { maxCharacters: Number.POSITIVE_INFINITY, maxPages: 1 }

/** The encoding that a page declares in its first kilobyte (WHATWG HTML, prescan). */
const declaredEncoding = (bytes: Uint8Array) =>
  metaCharset.exec(Buffer.from(bytes.subarray(0, 1024)).toString("latin1"))?.[1]

/** The text of a page in HTML. Works on tokens, not on a tree: markup however broken or deep costs the same. */
export const textOfHtml = (html: string): string => {
  const writer = new PageWriter(noLimits)
  const slice = (start: number, end: number) => html.slice(start, end)
  let tag = ""
  let hiddenBy: string | undefined
  let isRaw = false
  let attribute = ""
  let value = ""
  let pending = ""

  const flush = () => {
    if (pending === "") return
    const text = isRaw ? pending : pending.replace(/[ \t\r\n\f]+/g, " ")
    pending = ""
    if (text.startsWith(" ")) writer.separate(" ")
    const trimmed = isRaw ? text : text.trim()
    if (trimmed === "") return
    writer.write(trimmed)
    if (text.endsWith(" ")) writer.separate(" ")
  }
  const separate = (name: string) => {
    flush()
    if (cells.has(name)) writer.separate("\t")
    else if (lineBreaking.has(name)) writer.separate("\n")
    else if (paragraphs.has(name)) writer.separate("\n\n")
  }
  const open = (name: string) => {
    separate(name)
    tag = name
    if (hiddenBy === "head" && shownInHead.has(name)) hiddenBy = undefined
    if (hiddenBy === undefined && hidden.has(name)) hiddenBy = name
    if (name === "pre" || name === "textarea") isRaw = true
  }
  const close = (name: string) => {
    separate(name)
    if (hiddenBy === name) hiddenBy = undefined
    if (name === "pre" || name === "textarea") isRaw = false
  }
  const add = (text: string) => {
    if (hiddenBy === undefined) pending += text
  }
  const ignore = () => {}

  const tokenizer = new Tokenizer(
    { decodeEntities: true },
    {
      ontext: (start, end) => add(slice(start, end)),
      ontextentity: (code) => add(String.fromCodePoint(code)),
      onopentagname: (start, end) => open(slice(start, end).toLowerCase()),
      onclosetag: (start, end) => close(slice(start, end).toLowerCase()),
      onselfclosingtag: () => hiddenBy === tag && close(tag),
      onattribname: (start, end) => {
        attribute = slice(start, end).toLowerCase()
        value = ""
      },
      onattribdata: (start, end) => {
        value += slice(start, end)
      },
      onattribentity: (code) => {
        value += String.fromCodePoint(code)
      },
      onattribend: () => {
        if (shownAttributes.has(attribute) || (attribute === "value" && tag === "input")) add(` ${value} `)
      },
      oncdata: (start, end, offset) => add(slice(start, end - offset)),
      oncomment: ignore,
      ondeclaration: ignore,
      onprocessinginstruction: ignore,
      onopentagend: ignore,
      onend: ignore
    }
  )
  tokenizer.write(html)
  tokenizer.end()
  flush()
  return writer.text
}

/** The text of a file in HTML, decoded as it declares. */
export const htmlText = (bytes: Uint8Array): DecodedText => {
  const { text, encoding } = decodeText(bytes, declaredEncoding(bytes))
  return { text: textOfHtml(text), encoding }
}

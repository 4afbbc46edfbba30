import { PageWriter } from "../pages/PageWriter.ts"

/** Code pages by the `charset` of a font (RTF 1.9.1, Font Table); others take that of the document. */
const charsets: Readonly<Record<number, string>> = {
  0: "windows-1252",
  128: "shift_jis",
  129: "euc-kr",
  134: "gb18030",
  136: "big5",
  161: "windows-1253",
  162: "windows-1254",
  163: "windows-1258",
  177: "windows-1255",
  178: "windows-1256",
  186: "windows-1257",
  204: "windows-1251",
  222: "windows-874",
  238: "windows-1250"
}
const codePages: Readonly<Record<number, string>> = {
  932: "shift_jis",
  936: "gb18030",
  949: "euc-kr",
  950: "big5",
  10000: "macintosh"
}

/** Groups that hold no text of the document. */
const destinations = new Set(
  "fonttbl colortbl stylesheet info pict object themedata datastore listtable listoverridetable rsidtbl generator xmlnstbl fldinst pntext nonshppict bkmkstart bkmkend latentstyles filetbl revtbl".split(
    " "
  )
)
const characters: Readonly<Record<string, string>> = {
  emdash: "—",
  endash: "–",
  lquote: "‘",
  rquote: "’",
  ldblquote: "“",
  rdblquote: "”",
  bullet: "•",
  emspace: " ",
  enspace: " ",
  "~": "\u00a0",
  _: "-",
  "{": "{",
  "}": "}",
  "\\": "\\"
}
const separators: Readonly<Record<string, " " | "\t" | "\n" | "\n\n">> = {
  par: "\n\n",
  sect: "\n\n",
  line: "\n",
  row: "\n",
  tab: "\t",
  cell: "\t",
  nestcell: "\t",
  nestrow: "\n"
}

const decoders = new Map<string, TextDecoder>()
const decoderOf = (encoding: string) => {
  const decoder = decoders.get(encoding) ?? new TextDecoder(encoding)
  decoders.set(encoding, decoder)
  return decoder
}

/** What a group inherits and gives back at its end. */
interface State {
  readonly skip: boolean
  readonly encoding: string
  /** Characters after a `\u` that repeat it for old readers. */
  readonly repeats: number
}

const token = /\\([a-z]+)(-?\d{1,10})? ?|\\'([0-9a-f]{2})|\\([^a-z])|([{}])|([^\\{}\r\n]+)|[\r\n\\]/giy

const maxDepth = 10_000

/** The pages of a Rich Text file (RTF 1.9.1). */
export const rtfText = (bytes: Uint8Array): ReadonlyArray<string> => {
  const source = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1")
  const writer = new PageWriter({ maxCharacters: Number.POSITIVE_INFINITY, maxPages: Number.POSITIVE_INFINITY })
  const fonts = new Map<number, string>()
  const stack: Array<State> = []
  let state: State = { skip: false, encoding: "windows-1252", repeats: 1 }
  let documentEncoding = state.encoding
  let inFonts = false
  let font = 0
  let repeats = 0
  let pending: Array<number> = []

  const flush = () => {
    if (pending.length > 0) writer.write(decoderOf(state.encoding).decode(Uint8Array.from(pending)))
    pending = []
  }
  const put = (text: string) => {
    flush()
    if (!state.skip) writer.write(text)
  }
  const putBytes = (text: string) => {
    const start = Math.min(repeats, text.length)
    repeats -= start
    if (!state.skip) for (let at = start; at < text.length; at++) pending.push(text.charCodeAt(at) & 0xff)
  }
  const control = (word: string, number: number | undefined) => {
    if (word === "u") {
      put(String.fromCharCode((number ?? 0) & 0xffff))
      repeats = state.repeats
      return
    }
    flush()
    if (destinations.has(word)) state = { ...state, skip: true }
    // A shape says it can be left out; the text in it cannot.
    if (word === "shptxt") state = { ...state, skip: false }
    if (word === "fonttbl") inFonts = true
    if (word === "f") {
      font = number ?? 0
      if (!inFonts) state = { ...state, encoding: fonts.get(font) ?? documentEncoding }
    } else if (word === "fcharset" && inFonts) fonts.set(font, charsets[number ?? 0] ?? documentEncoding)
    else if (word === "ansicpg") {
      documentEncoding = codePages[number ?? 0] ?? `windows-${number}`
      if (!/^(?:windows-(?:125[0-8]|874)|shift_jis|gb18030|euc-kr|big5|macintosh)$/.test(documentEncoding))
        documentEncoding = "windows-1252"
      state = { ...state, encoding: documentEncoding }
    } else if (word === "uc") state = { ...state, repeats: Math.max(0, number ?? 1) }
    else if (state.skip) return
    else if (word === "page") writer.breakPage()
    else if (separators[word] !== undefined) writer.separate(separators[word])
    else if (characters[word] !== undefined) writer.write(characters[word])
  }

  for (const [, word, number, hex, symbol, brace, text] of source.matchAll(token)) {
    if (text !== undefined) putBytes(text)
    else if (hex !== undefined) putBytes(String.fromCharCode(Number.parseInt(hex, 16)))
    else if (word !== undefined) control(word.toLowerCase(), number === undefined ? undefined : Number(number))
    else if (symbol === "*") state = { ...state, skip: true }
    else if (symbol !== undefined && characters[symbol] !== undefined) put(characters[symbol])
    else if (symbol === "\n" || symbol === "\r") writer.separate("\n\n")
    else if (brace === "{") {
      flush()
      if (stack.length < maxDepth) stack.push(state)
      repeats = 0
    } else if (brace === "}") {
      flush()
      state = stack.pop() ?? state
      if (!state.skip) inFonts = false
      repeats = 0
    }
  }
  flush()
  return writer.pages
}

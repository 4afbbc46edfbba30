import { decodeExtended, decodeFilename, textOf } from "./PartFilename.ts"

/** What a part says of itself. */
export interface PartHeaders {
  readonly name: string
  /** None if the client sends none: `curl -F 'file=<note.txt'`. */
  readonly filename: string | undefined
  /** Whether its media type is that of bytes, not of text. */
  readonly isBinary: boolean
}

const headerName = /^[!#$%&'*+.^_`|~\w-]+$/
// biome-ignore lint/suspicious/noControlCharactersInRegex: what a header must not contain
const control = /[\0-\x08\x0a-\x1f\x7f]/

/** The headers by name in lower case; none if one is malformed, or Content-Disposition repeated. */
const fieldsOf = (block: string) => {
  const fields = new Map<string, string>()
  for (const line of block.split("\r\n")) {
    const colon = line.indexOf(":")
    const name = line.slice(0, Math.max(0, colon)).toLowerCase()
    if (!headerName.test(name) || control.test(line)) return undefined
    if (name === "content-disposition" && fields.has(name)) return undefined
    fields.set(name, line.slice(colon + 1).trim())
  }
  return fields
}

// A quote ends the value only before the next parameter: some clients send `filename="12" display.txt"`.
const parameter =
  /;[ \t]*([!#$%&'*+.^`|~\w-]+)[ \t]*=[ \t]*(?:"((?:[^"\\]|\\["\\]|\\(?!["\\])|"(?![ \t]*(?:;[ \t]*[\w*-]+[ \t]*=|$)))*)"|([^\s";]*))[ \t]*/y

/** Go, and curl before 7.81, put a backslash before quotes and backslashes. Browsers and Windows put none before theirs. */
const unescape = (quoted: string) => quoted.replace(/\\(["\\])/g, "$1")

/** The parameters of `Content-Disposition: form-data`; none if the header is another one, malformed, or repeats a parameter. */
const parametersOf = (disposition: string) => {
  const [type = ""] = disposition.split(";", 1)
  if (type.trim().toLowerCase() !== "form-data") return undefined
  const found = new Map<string, string>()
  for (parameter.lastIndex = type.length; parameter.lastIndex < disposition.length; ) {
    const [, name = "", quoted, token = ""] = parameter.exec(disposition) ?? []
    if (name === "" || found.has(name.toLowerCase())) return undefined
    found.set(name.toLowerCase(), quoted === undefined ? token : unescape(quoted))
  }
  return found
}

/** Reads the headers of a part (RFC 7578 section 4.2), from the first byte to the empty line; none if they are malformed. */
export const readPartHeaders = (bytes: Uint8Array): PartHeaders | undefined => {
  const fields = fieldsOf(textOf(bytes))
  const parameters = parametersOf(fields?.get("content-disposition") ?? "")
  const name = parameters?.get("name")
  if (fields === undefined || parameters === undefined || name === undefined) return undefined
  const plain = parameters.get("filename")
  return {
    name,
    filename:
      decodeExtended(parameters.get("filename*") ?? "") ?? (plain === undefined ? plain : decodeFilename(plain)),
    isBinary: /^application\/octet-stream\b/i.test(fields.get("content-type") ?? "")
  }
}

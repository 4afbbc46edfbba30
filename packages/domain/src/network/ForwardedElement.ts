import { type Ip, parseIp } from "./Ip.ts"

// The longest valid element is a bracketed IPv6 address with a zone and a port.
const maxLength = 128
const portPattern = /^[0-9]{1,5}$/

const isBlank = (code: number) => code === 32 || code === 9

const isPort = (text: string) => portPattern.test(text) && Number(text) <= 65_535

/**
 * Parses one element of X-Forwarded-For, `text.slice(start, end)`: IPv4, IPv6, `addr%zone`, `v4:port`, `[v6]` or `[v6]:port`, with
 * blanks (SP, HTAB) around it. Returns `undefined` for anything else and for an empty element.
 */
export const parseForwardedElement = (text: string, start: number, end: number): Ip | undefined => {
  while (start < end && isBlank(text.charCodeAt(start))) start++
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--
  if (start === end || end - start > maxLength) return undefined
  const element = text.slice(start, end)
  return element.charCodeAt(0) === 91 ? parseBracketed(element) : parseBare(element)
}

const parseBare = (element: string): Ip | undefined => {
  const colon = element.indexOf(":")
  // A single colon separates an IPv4 address from its port: IPv6 has two or more.
  if (colon === -1 || element.indexOf(":", colon + 1) !== -1) return parseIp(element)
  return isPort(element.slice(colon + 1)) ? parseIp(element.slice(0, colon)) : undefined
}

const parseBracketed = (element: string): Ip | undefined => {
  const close = element.indexOf("]")
  if (close === -1) return undefined
  const rest = element.slice(close + 1)
  const inside = element.slice(1, close)
  if (!inside.includes(":") || (rest !== "" && !(rest[0] === ":" && isPort(rest.slice(1))))) return undefined
  return parseIp(inside)
}

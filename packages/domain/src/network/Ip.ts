import { NetAddress } from "effect/net"

/**
 * An IP address by value: IPv4 as an unsigned 32-bit number, IPv6 as eight 16-bit segments. IPv4-mapped IPv6
 * (`::ffff:0:0/96`, RFC 4291 section 2.5.5.2) is folded to IPv4, so that one client has one form.
 *
 * Own parsers and formatters, because these run for every request: they agree with effect's `NetAddress` on every text (the
 * property test holds them to it) at a tenth of its time, and refuse a bad text without making an error.
 */
export type Ip = number | ReadonlyArray<number>

const dot = 46
const zero = 48
const colon = 58

/** Strict dotted quad (RFC 6943 section 3.1.1): four decimal octets without leading zeros; -1 for anything else. */
const parseIpv4 = (text: string): number => {
  if (text.length < 7 || text.length > 15) return -1
  let address = 0
  let octet = 0
  let digits = 0
  let octets = 0
  for (let index = 0; index <= text.length; index++) {
    const code = index === text.length ? dot : text.charCodeAt(index)
    if (code === dot) {
      if (digits === 0 || octet > 255 || ++octets > 4) return -1
      address = address * 256 + octet
      octet = 0
      digits = 0
      continue
    }
    if (code < zero || code > 57 || digits === 3 || (digits === 1 && octet === 0)) return -1
    octet = octet * 10 + code - zero
    digits++
  }
  return octets === 4 ? address : -1
}

const hexDigit = (code: number): number => {
  if (code >= zero && code <= 57) return code - zero
  const lower = code | 32
  return lower >= 97 && lower <= 102 ? lower - 87 : -1
}

/** RFC 4291 section 2.2: eight groups, at most one `::`, a trailing dotted quad allowed. */
const parseIpv6 = (text: string): Array<number> | undefined => {
  if (text.length > 45) return undefined
  const segments: Array<number> = []
  let gap = text.startsWith("::") ? 0 : -1
  let index = gap === 0 ? 2 : 0
  while (index < text.length) {
    const start = index
    let group = 0
    for (let digit = 0; index < text.length; index++) {
      digit = hexDigit(text.charCodeAt(index))
      if (digit === -1) break
      group = group * 16 + digit
    }
    if (text.charCodeAt(index) === dot) {
      const embedded = parseIpv4(text.slice(start))
      if (embedded === -1) return undefined
      segments.push(embedded >>> 16, embedded & 0xffff)
      break
    }
    if (index === start || index - start > 4) return undefined
    segments.push(group)
    if (index === text.length) break
    if (text.charCodeAt(index++) !== colon || index === text.length) return undefined
    if (text.charCodeAt(index) === colon) {
      if (gap !== -1) return undefined
      gap = segments.length
      index++
    }
  }
  if (gap === -1) return segments.length === 8 ? segments : undefined
  if (segments.length > 7) return undefined
  const whole = [0, 0, 0, 0, 0, 0, 0, 0]
  for (let segment = 0; segment < segments.length; segment++) {
    whole[segment < gap ? segment : segment + 8 - segments.length] = segments[segment] ?? 0
  }
  return whole
}

const foldMapped = (segments: ReadonlyArray<number>): Ip => {
  for (let index = 0; index < 5; index++) if (segments[index] !== 0) return segments
  return segments[5] === 0xffff ? (segments[6] ?? 0) * 65_536 + (segments[7] ?? 0) : segments
}

// RFC 4007 section 11.2. An interface name; its text is dropped, so its alphabet only has to keep separators out.
const zonePattern = /^[0-9A-Za-z._~@-]{1,64}$/

/** A bare IPv4 or IPv6 address; the zone of an IPv6 address is dropped. `undefined` for anything else. */
export const parseIp = (text: string): Ip | undefined => {
  if (!text.includes(":")) {
    const ipv4 = parseIpv4(text)
    return ipv4 === -1 ? undefined : ipv4
  }
  const percent = text.indexOf("%")
  if (percent !== -1 && !zonePattern.test(text.slice(percent + 1))) return undefined
  const ipv6 = parseIpv6(percent === -1 ? text : text.slice(0, percent))
  return ipv6 === undefined ? undefined : foldMapped(ipv6)
}

/** The same value, from effect's. */
export const fromNetAddress = (address: NetAddress.IpAddress): Ip => {
  if (NetAddress.isIpv6Address(address)) return foldMapped(NetAddress.ipv6ToSegments(address))
  const [a, b, c, d] = NetAddress.ipv4ToOctets(address)
  return ((a * 256 + b) * 256 + c) * 256 + d
}

/** RFC 5952: lower case, no leading zeros, the first longest run of two or more zero groups as `::`. */
const formatIpv6 = (segments: ReadonlyArray<number>): string => {
  let gap = -1
  let gapEnd = -1
  for (let start = 0; start < 8; start++) {
    let end = start
    while (end < 8 && segments[end] === 0) end++
    if (end - start > Math.max(1, gapEnd - gap)) {
      gap = start
      gapEnd = end
    }
    if (end > start) start = end
  }
  let text = ""
  for (let index = 0; index < 8; index++) {
    if (index === gap) {
      text += "::"
      index = gapEnd
      if (index === 8) break
    } else if (index > 0) {
      text += ":"
    }
    text += (segments[index] ?? 0).toString(16)
  }
  return text
}

/** Canonical text: dotted quad, or RFC 5952 for IPv6. */
export const formatIp = (ip: Ip): string =>
  typeof ip === "number" ? `${ip >>> 24}.${(ip >>> 16) & 255}.${(ip >>> 8) & 255}.${ip & 255}` : formatIpv6(ip)

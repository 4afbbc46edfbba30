import { Schema } from "effect"
import { parseForwardedElement } from "./ForwardedElement.ts"
import { formatIp, type Ip, parseIp } from "./Ip.ts"
import type { TrustedProxies } from "./TrustedProxies.ts"

/**
 * `rightmost`: the rightmost address that is not a trusted proxy, which a client cannot forge. `leftmost`: the first address of the
 * header, which is right only where the edge replaces the header instead of appending to it.
 */
export const TrustedProxyRule = Schema.Literals(["rightmost", "leftmost"])
export type TrustedProxyRule = typeof TrustedProxyRule.Type

// More than fit into the 16 KiB of headers that Node accepts. It bounds the work whatever the server's limits are.
const maxElements = 10_000

/**
 * The address of the client behind trusted proxies, in canonical form (dotted quad or RFC 5952), or null if even the peer's address
 * is unknown. Pure, and never throws. `forwardedFor`: the field lines of X-Forwarded-For in their order; no other header is used.
 * The header of an untrusted peer is ignored, and so is everything to the left of a malformed element.
 */
export const clientIp = (input: {
  readonly peer: string | undefined
  readonly forwardedFor: ReadonlyArray<string>
  readonly trusted: TrustedProxies
  readonly rule?: TrustedProxyRule | undefined
  /** The most trusted hops that are followed; 1 reads only the rightmost element. */
  readonly maxHops?: number | undefined
}): string | null => {
  const peer = input.peer === undefined ? undefined : parseIp(input.peer)
  if (peer === undefined) return null
  if (input.forwardedFor.length === 0 || !input.trusted.has(peer)) return formatIp(peer)
  return formatIp(
    input.rule === "leftmost"
      ? leftmost(peer, input.forwardedFor)
      : rightmostUntrusted(peer, input.forwardedFor, input.trusted, input.maxHops ?? maxElements)
  )
}

const rightmostUntrusted = (peer: Ip, lines: ReadonlyArray<string>, trusted: TrustedProxies, maxHops: number): Ip => {
  let last = peer
  let hops = Math.min(maxHops, maxElements)
  for (let index = lines.length - 1; index >= 0; index--) {
    const line = lines[index] ?? ""
    // Both lines and elements are read from the right, so that text to the left of where the walk stops costs nothing.
    for (let end = line.length, comma = 0; comma !== -1; end = comma) {
      if (hops-- <= 0) return last
      comma = end === 0 ? -1 : line.lastIndexOf(",", end - 1)
      const element = parseForwardedElement(line, comma + 1, end)
      if (element === undefined) return last
      last = element
      if (!trusted.has(element)) return last
    }
  }
  return last
}

const leftmost = (peer: Ip, lines: ReadonlyArray<string>): Ip => {
  const line = lines[0] ?? ""
  const comma = line.indexOf(",")
  return parseForwardedElement(line, 0, comma === -1 ? line.length : comma) ?? peer
}

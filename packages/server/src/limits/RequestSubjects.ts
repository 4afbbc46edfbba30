import { createHash } from "node:crypto"
import { formatIp, parseIp } from "@kite/domain/network/Ip"
import type { Email } from "@kite/domain/users/Email"

/** A network that an address belongs to, and how many times the limit of an address its limit is. */
interface Network {
  readonly subject: string
  readonly factor: number
}

const networkOf = (segments: ReadonlyArray<number>, length: 64 | 56 | 48) => {
  const kept = segments
    .slice(0, Math.ceil(length / 16))
    .map((segment, index) => (index === 3 && length === 56 ? segment & 0xff00 : segment))
  return `${kept.map((segment) => segment.toString(16)).join(":")}::/${length}`
}

/**
 * The subjects of policies by client address. An IPv4 address counts by itself. An IPv6 address counts by its /64, because one
 * subscriber can use every address of a /64, and with a wider limit by its /56 and its /48, which providers give to one customer.
 * Clients without a known address share `unknown`.
 */
export const networksOf = (clientIp: string | undefined): readonly [Network, ...Array<Network>] => {
  const ip = clientIp === undefined ? undefined : parseIp(clientIp)
  if (ip === undefined) return [{ subject: "unknown", factor: 1 }]
  if (typeof ip === "number") return [{ subject: formatIp(ip), factor: 1 }]
  return [
    { subject: networkOf(ip, 64), factor: 1 },
    { subject: networkOf(ip, 56), factor: 4 },
    { subject: networkOf(ip, 48), factor: 16 }
  ]
}

/** The subject of policies by e-mail: SHA-256 of the normalised address, whether or not it has an account. */
export const emailSubject = (email: Email) => createHash("sha256").update(email).digest("hex")

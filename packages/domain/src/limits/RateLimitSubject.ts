import { formatIp, parseIp } from "../network/Ip.ts"

/**
 * Whom an address stands for: an IPv4 address alone, the /64 of an IPv6 address, since that much is one subscriber's to choose
 * from. Callers without a known address share `unknown`.
 */
export const ipSubject = (clientIp: string | undefined): string => {
  const ip = clientIp === undefined ? undefined : parseIp(clientIp)
  if (ip === undefined) return "unknown"
  if (typeof ip === "number") return formatIp(ip)
  const network = ip.slice(0, 4).map((segment) => segment.toString(16))
  return `${network.join(":")}::/64`
}

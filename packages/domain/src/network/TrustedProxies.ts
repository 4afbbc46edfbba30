import { Data, Effect, Result, Schema, SchemaIssue, SchemaTransformation } from "effect"
import { IpNetwork, NetAddress } from "effect/net"
import type { Ip } from "./Ip.ts"

/** An entry of `TRUSTED_PROXIES` is neither a CIDR network nor an IP address. */
export class InvalidTrustedProxy extends Data.TaggedError("InvalidTrustedProxy")<{
  readonly entry: string
  readonly reason: string
}> {
  override get message() {
    return `"${this.entry}" is not a trusted proxy: ${this.reason}`
  }
}

// An empty variable means the default, so an empty list needs a word.
const noProxies = "none"

/** Loopback, and the private ranges that container networks use. */
export const defaultTrustedProxies = ["127.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1"]

/**
 * A network as the bits that an address must have under a mask: one pair of 32 bits for IPv4, eight pairs of 16 bits for IPv6. It is
 * compiled once, because `IpNetwork.contains` takes 130-255 ns for the default list and this 10-20 ns.
 */
type Prefix = { readonly base: Ip; readonly masks: ReadonlyArray<number> }

const compile = ({ address, prefixLength }: IpNetwork.IpNetwork): Prefix =>
  NetAddress.isIpv4Address(address)
    ? {
        base: NetAddress.ipv4ToOctets(address).reduce((value, octet) => value * 256 + octet, 0),
        masks: [mask(prefixLength, 32)]
      }
    : {
        base: NetAddress.ipv6ToSegments(address),
        masks: Array.from({ length: 8 }, (_, index) => mask(prefixLength - 16 * index, 16))
      }

/** The highest `length` of `width` bits. */
const mask = (length: number, width: number) => 2 ** width - 2 ** Math.max(0, width - Math.max(0, length))

const covers = ({ base, masks }: Prefix, ip: Ip): boolean => {
  if (typeof base === "number") return typeof ip === "number" && (ip & (masks[0] ?? 0)) >>> 0 === base
  if (typeof ip === "number") return false
  for (let index = 0; index < 8; index++) {
    if (((ip[index] ?? 0) & (masks[index] ?? 0)) !== base[index]) return false
  }
  return true
}

/** `::ffff:10.0.0.0/104` means `10.0.0.0/8`. */
const foldMapped = (network: IpNetwork.IpNetwork): IpNetwork.IpNetwork =>
  NetAddress.isIpv6Address(network.address) && NetAddress.isIpv4Mapped(network.address)
    ? IpNetwork.makeUnsafe(NetAddress.toCanonical(network.address), network.prefixLength - 96)
    : network

/** The reverse proxies whose X-Forwarded-For header is trusted. An IPv4 address is never in an IPv6 network, or the reverse. */
export class TrustedProxies {
  readonly networks: ReadonlyArray<IpNetwork.IpNetwork>
  readonly #prefixes: ReadonlyArray<Prefix>

  constructor(networks: ReadonlyArray<IpNetwork.IpNetwork>) {
    this.networks = networks
    this.#prefixes = networks.map(compile)
  }

  /** Throws `InvalidTrustedProxy`, which names the bad entry: for start-up, not for requests. */
  static parse(entries: ReadonlyArray<string>): TrustedProxies {
    return Result.getOrThrow(TrustedProxies.parseResult(entries))
  }

  static parseResult(entries: ReadonlyArray<string>): Result.Result<TrustedProxies, InvalidTrustedProxy> {
    return Result.map(Result.all(entries.map(parseNetwork)), (networks) => new TrustedProxies(networks))
  }

  has(ip: Ip): boolean {
    for (const prefix of this.#prefixes) if (covers(prefix, ip)) return true
    return false
  }

  /** The entries that trust a whole address family, so that every client can spoof its address. */
  get wholeFamilies(): ReadonlyArray<string> {
    return this.networks.filter((network) => network.prefixLength === 0).map(IpNetwork.format)
  }

  /** The text of `TRUSTED_PROXIES` that means this list. */
  toString(): string {
    return this.networks.length === 0 ? noProxies : this.networks.map(IpNetwork.format).join(",")
  }
}

const parseNetwork = (text: string): Result.Result<IpNetwork.IpNetwork, InvalidTrustedProxy> => {
  const entry = text.trim()
  const parsed = entry.includes("/") ? IpNetwork.fromString(entry) : hostNetwork(entry)
  return Result.mapBoth(parsed, {
    onSuccess: foldMapped,
    onFailure: (error) => new InvalidTrustedProxy({ entry: text, reason: error.message })
  })
}

const hostNetwork = (entry: string) =>
  Result.map(NetAddress.ipFromString(entry), (address) => IpNetwork.makeUnsafe(address, NetAddress.width(address)))

const split = (text: string) => (text.trim() === "" || text.trim() === noProxies ? [] : text.split(","))

/** `TRUSTED_PROXIES`: CIDR networks and IP addresses, separated by commas. `none` trusts no proxy. */
export const TrustedProxiesFromString = Schema.String.pipe(
  Schema.decodeTo(
    Schema.instanceOf(TrustedProxies),
    SchemaTransformation.transformEffect({
      decode: (text) =>
        Effect.mapError(
          Effect.fromResult(TrustedProxies.parseResult(split(text))),
          (error) => new SchemaIssue.InvalidValue({ message: error.message })
        ),
      encode: (trusted) => Effect.succeed(trusted.toString())
    })
  )
)

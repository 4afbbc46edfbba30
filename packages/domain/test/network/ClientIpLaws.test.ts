import { assert, describe, it } from "@effect/vitest"
import { clientIp } from "@kite/domain/network/ClientIp"
import { defaultTrustedProxies, TrustedProxies } from "@kite/domain/network/TrustedProxies"
import { Result } from "effect"
import { NetAddress } from "effect/net"
import fc from "fast-check"

const trusted = TrustedProxies.parse([...defaultTrustedProxies, "fd00::/8"])
const runs = { numRuns: 2_000 }

const proxy = fc.constantFrom(
  "127.0.0.1",
  "172.16.0.0",
  "172.31.255.255",
  "192.168.3.4",
  "::1",
  "fd12::9",
  "::ffff:172.18.0.2"
)
const stranger = fc.constantFrom(
  "203.0.113.9",
  "198.51.100.7",
  "172.32.0.0",
  "2001:db8::7",
  "::2",
  "fe80::1",
  "64:ff9b::7f00:1"
)
const malformed = fc.constantFrom(
  "",
  " ",
  "unknown",
  "127.1",
  "0x7f.1",
  "010.0.0.1",
  "_hidden",
  "1.2.3.4/8",
  "a b",
  "::1::"
)
const bytes = fc.string({
  unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)),
  maxLength: 60
})
const element = fc.oneof(proxy, stranger, malformed, bytes, fc.ipV4Extended(), fc.ipV6())
const lines = fc.array(
  fc.array(element, { maxLength: 5 }).map((elements) => elements.join(", ")),
  { maxLength: 4 }
)

const canonical = (text: string) =>
  Result.match(NetAddress.ipFromString(text), {
    onFailure: () => undefined,
    onSuccess: (address) => NetAddress.formatIp(NetAddress.toCanonical(address))
  })

const zeros = fc
  .array(fc.constantFrom("0", "0", "1", "ff", "00a0"), { minLength: 8, maxLength: 8 })
  .map((groups) => groups.join(":"))

/** An address with one edit: texts that are nearly valid find more bugs than random ones. */
const mutated = fc
  .tuple(
    fc.oneof(fc.ipV4(), fc.ipV6()),
    fc.nat(),
    fc.constantFrom("", ":", "::", ".", "0", "00", "f", "g", "1", "256", "-")
  )
  .map(
    ([text, at, insert]) =>
      text.slice(0, at % (text.length + 1)) + insert + text.slice((at % (text.length + 1)) + (at % 2))
  )

describe("laws of clientIp", () => {
  it("reads no header of an untrusted peer", () => {
    fc.assert(
      fc.property(stranger, lines, (peer, forwardedFor) => {
        assert.strictEqual(clientIp({ peer, forwardedFor, trusted }), clientIp({ peer, forwardedFor: [], trusted }))
      }),
      runs
    )
  })

  it("ignores everything to the left of an untrusted or malformed element", () => {
    fc.assert(
      fc.property(proxy, lines, fc.oneof(stranger, malformed), fc.array(proxy), (peer, left, stop, right) => {
        const own = [stop, ...right].join(",")
        const honest = clientIp({ peer, forwardedFor: [own], trusted })
        assert.strictEqual(clientIp({ peer, forwardedFor: [...left, own], trusted }), honest)
        assert.strictEqual(clientIp({ peer, forwardedFor: [`${left.join(",")},${own}`], trusted }), honest)
      }),
      runs
    )
  })

  it("returns a canonical address or null, whatever the bytes", () => {
    fc.assert(
      fc.property(fc.option(element, { nil: undefined }), lines, fc.boolean(), (peer, forwardedFor, first) => {
        const result = clientIp({ peer, forwardedFor, trusted, rule: first ? "leftmost" : "rightmost" })
        if (result !== null) assert.strictEqual(result, canonical(result))
      }),
      runs
    )
  })

  it("treats a mapped address as the plain one", () => {
    const plain = fc.oneof(fc.ipV4(), fc.constantFrom("127.0.0.1", "172.18.0.2"))
    fc.assert(
      fc.property(plain, fc.array(plain, { maxLength: 4 }), (peer, chain) => {
        const mapped = chain.map((address) => `::FFFF:${address}`)
        assert.strictEqual(
          clientIp({ peer: `::ffff:${peer}`, forwardedFor: [mapped.join(",")], trusted }),
          clientIp({ peer, forwardedFor: [chain.join(",")], trusted })
        )
      }),
      runs
    )
  })

  it("treats field lines as one joined line", () => {
    fc.assert(
      fc.property(proxy, lines, (peer, forwardedFor) => {
        assert.strictEqual(
          clientIp({ peer, forwardedFor, trusted }),
          clientIp({ peer, forwardedFor: [forwardedFor.join(",")], trusted })
        )
      }),
      runs
    )
  })

  it("parses exactly the addresses that effect's NetAddress parses", () => {
    fc.assert(
      fc.property(fc.oneof(mutated, zeros, fc.ipV4Extended(), fc.ipV6(), bytes), (peer) => {
        assert.strictEqual(clientIp({ peer, forwardedFor: [], trusted }) ?? undefined, canonical(peer))
      }),
      { numRuns: 20_000 }
    )
  })

  it("returns in bounded time, whatever the length", () => {
    const hostile = [
      ["127.0.0.1,".repeat(200_000)],
      Array<string>(200_000).fill("127.0.0.1"),
      [",".repeat(2_000_000)],
      [" ".repeat(2_000_000)],
      [`6.6.6.6,${"9".repeat(2_000_000)}`],
      [`${"[".repeat(1_000_000)}${":".repeat(1_000_000)}`]
    ]
    for (const forwardedFor of hostile) {
      const before = performance.now()
      assert.strictEqual(clientIp({ peer: "127.0.0.1", forwardedFor, trusted }), "127.0.0.1")
      assert.isBelow(performance.now() - before, 250)
    }
  })
})

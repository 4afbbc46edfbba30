import { assert, describe, it } from "@effect/vitest"
import { parseIp } from "@kite/domain/network/Ip"
import {
  defaultTrustedProxies,
  InvalidTrustedProxy,
  TrustedProxies,
  TrustedProxiesFromString
} from "@kite/domain/network/TrustedProxies"
import { Result, Schema } from "effect"
import { IpNetwork, NetAddress } from "effect/net"
import fc from "fast-check"

const trusts = (proxies: TrustedProxies, text: string) => {
  const ip = parseIp(text)
  return ip !== undefined && proxies.has(ip)
}

describe("TrustedProxies", () => {
  it("accepts CIDR networks and addresses of both families", () => {
    const proxies = TrustedProxies.parse([" 10.0.0.0/8 ", "203.0.113.80", "::1", "fd00::/8"])
    for (const text of ["10.255.0.1", "203.0.113.80", "::1", "fdff::1"]) assert.isTrue(trusts(proxies, text), text)
    for (const text of ["11.0.0.0", "203.0.113.81", "::2", "fe00::1"]) assert.isFalse(trusts(proxies, text), text)
  })

  it("are loopback and the networks of containers by default, and no network that clients come from", () => {
    const proxies = TrustedProxies.parse(defaultTrustedProxies)
    for (const text of ["127.0.0.1", "172.16.0.1", "172.31.255.1", "192.168.1.1", "::1"])
      assert.isTrue(trusts(proxies, text), text)
    for (const text of [
      "10.0.0.1",
      "172.32.0.1",
      "192.169.0.1",
      "100.64.0.1",
      "169.254.0.1",
      "::2",
      "fd00::1",
      "fe80::1"
    ])
      assert.isFalse(trusts(proxies, text), text)
  })

  it("treats a mapped network as the IPv4 network", () => {
    assert.isTrue(trusts(TrustedProxies.parse(["::ffff:10.0.0.0/104"]), "10.1.2.3"))
    assert.isTrue(trusts(TrustedProxies.parse(["::ffff:10.1.2.3"]), "10.1.2.3"))
  })

  it("compares the families separately", () => {
    assert.isFalse(trusts(TrustedProxies.parse(["::/0"]), "10.1.2.3"))
    assert.isFalse(trusts(TrustedProxies.parse(["0.0.0.0/0"]), "2001:db8::1"))
  })

  it("names the bad entry", () => {
    for (const entry of [
      "10.0.0.0/33",
      "10.0.0.1/8",
      "10.0.0.0/",
      "10.1",
      "proxy.local",
      "",
      "fe80::1%eth0",
      "::/129",
      "0/0"
    ]) {
      assert.throws(() => TrustedProxies.parse(["127.0.0.1", entry]), InvalidTrustedProxy, `"${entry}"`)
    }
  })

  it("lists the entries that trust a whole family", () => {
    assert.deepStrictEqual(TrustedProxies.parse(["::/0", "10.0.0.0/8", "0.0.0.0/0"]).wholeFamilies, [
      "::/0",
      "0.0.0.0/0"
    ])
    assert.deepStrictEqual(TrustedProxies.parse(["::ffff:0.0.0.0/96"]).wholeFamilies, ["0.0.0.0/0"])
  })

  it("agrees with effect's IpNetwork on every network and address", () => {
    const address = fc.oneof(fc.ipV4(), fc.ipV6())
    fc.assert(
      fc.property(address, address, fc.nat(128), fc.boolean(), (base, other, length, near) => {
        const from = NetAddress.toCanonical(NetAddress.ipFromStringUnsafe(base))
        const network = IpNetwork.fromAddressUnsafe(from, length % (NetAddress.width(from) + 1))
        const probe = NetAddress.toCanonical(
          near ? IpNetwork.lastAddress(network) : NetAddress.ipFromStringUnsafe(other)
        )
        const proxies = TrustedProxies.parse([IpNetwork.format(network)])
        assert.strictEqual(trusts(proxies, NetAddress.formatIp(probe)), IpNetwork.contains(network, probe))
      }),
      { numRuns: 5_000 }
    )
  })
})

describe("TrustedProxiesFromString", () => {
  const decode = Schema.decodeUnknownResult(TrustedProxiesFromString)

  it("splits on commas; `none` trusts no proxy", () => {
    const proxies = Result.getOrThrow(decode("10.0.0.0/8, ::1"))
    assert.strictEqual(Schema.encodeSync(TrustedProxiesFromString)(proxies), "10.0.0.0/8,::1/128")
    for (const text of ["none", " ", ""]) {
      const empty = Result.getOrThrow(decode(text))
      assert.isEmpty(empty.networks)
      assert.strictEqual(Schema.encodeSync(TrustedProxiesFromString)(empty), "none")
    }
  })

  it("names the bad entry when it fails", () => {
    const error = Result.getOrThrow(Result.flip(decode("10.0.0.0/8,ten.0.0.0/8")))
    assert.include(error.message, "ten.0.0.0/8")
  })
})

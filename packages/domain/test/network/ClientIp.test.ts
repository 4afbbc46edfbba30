import { assert, describe, it } from "@effect/vitest"
import { clientIp } from "@kite/domain/network/ClientIp"
import { defaultTrustedProxies, TrustedProxies } from "@kite/domain/network/TrustedProxies"
import vectors from "./client-ip-vectors.json" with { type: "json" }

const trusted = TrustedProxies.parse(defaultTrustedProxies)
const proxy = "172.18.0.2"

describe("clientIp", () => {
  it.each(vectors)("$name", (vector) => {
    const result = clientIp({
      peer: vector.peer,
      forwardedFor: vector.xff,
      trusted: TrustedProxies.parse(vector.trusted)
    })
    assert.strictEqual(result, vector.expected)
  })

  it("is null for a peer that is absent or not a bare address", () => {
    for (const peer of [undefined, "", "unknown", "172.18.0.2:443", "[::1]", "/run/kite.sock", "172.18.0.02"]) {
      assert.isNull(clientIp({ peer, forwardedFor: ["203.0.113.9"], trusted }))
    }
  })

  it("accepts addr%zone only for IPv6", () => {
    assert.strictEqual(clientIp({ peer: proxy, forwardedFor: ["[fe80::7%eth0]:443"], trusted }), "fe80::7")
    for (const element of ["203.0.113.9%eth0", "fe80::1%", "fe80::1%a%b", "fe80::1%e th0", "[fe80::1]%eth0"]) {
      assert.strictEqual(clientIp({ peer: proxy, forwardedFor: [`6.6.6.6, ${element}`], trusted }), proxy)
    }
  })

  it("refuses brackets around anything but IPv6", () => {
    for (const element of ["[203.0.113.9]", "[203.0.113.9]:80", "[]", "[::1]x", "[::1]:", "[::1]:65536", "[[::1]]"]) {
      assert.strictEqual(clientIp({ peer: proxy, forwardedFor: [`6.6.6.6, ${element}`], trusted }), proxy)
    }
  })

  it("ignores spaces and tabs around an element, and no other blanks", () => {
    for (const header of ["\t203.0.113.9", "6.6.6.6,\t 203.0.113.9 \t", " 203.0.113.9\t, 172.18.0.1"]) {
      assert.strictEqual(clientIp({ peer: proxy, forwardedFor: [header], trusted }), "203.0.113.9")
    }
    for (const blank of ["\u00a0", "\v", "\n"]) {
      assert.strictEqual(clientIp({ peer: proxy, forwardedFor: [`6.6.6.6,${blank}203.0.113.9`], trusted }), proxy)
    }
  })

  it("follows at most maxHops trusted hops: with 1, only the rightmost element", () => {
    const forwardedFor = ["6.6.6.6, 203.0.113.9, 172.18.0.1"]
    assert.strictEqual(clientIp({ peer: proxy, forwardedFor, trusted, maxHops: 1 }), "172.18.0.1")
    assert.strictEqual(clientIp({ peer: proxy, forwardedFor, trusted, maxHops: 2 }), "203.0.113.9")
    assert.strictEqual(
      clientIp({ peer: proxy, forwardedFor: ["6.6.6.6", "172.18.0.1"], trusted, maxHops: 1 }),
      "172.18.0.1"
    )
  })

  describe("with the leftmost rule", () => {
    const leftmost = (...forwardedFor: Array<string>) =>
      clientIp({ peer: proxy, forwardedFor, trusted, rule: "leftmost" })

    it("returns what the client wrote, behind a proxy that appends: the attack", () => {
      const attempts = Array.from({ length: 100 }, (_, n) => `10.0.0.${n}, 203.0.113.9`)
      assert.strictEqual(new Set(attempts.map((header) => leftmost(header))).size, 100)
      const rightmost = attempts.map((header) => clientIp({ peer: proxy, forwardedFor: [header], trusted }))
      assert.deepStrictEqual([...new Set(rightmost)], ["203.0.113.9"])
    })

    it("agrees with the default without a header, with one element, and if all to its right is trusted", () => {
      for (const forwardedFor of [[], [""], ["203.0.113.9"], ["203.0.113.9, 192.168.1.2, 172.18.0.3"]]) {
        assert.strictEqual(leftmost(...forwardedFor), clientIp({ peer: proxy, forwardedFor, trusted }))
      }
    })

    it("falls back to the peer when the first element is malformed or empty", () => {
      for (const first of ["unknown", "", "  ", "for=1.2.3.4"])
        assert.strictEqual(leftmost(`${first},203.0.113.9`), proxy)
    })

    it("reads the first of several lines", () => {
      assert.strictEqual(leftmost("203.0.113.9", "198.51.100.7, 172.18.0.3"), "203.0.113.9")
    })

    it("does not read the header of an untrusted peer", () => {
      const spoofed = clientIp({ peer: "198.51.100.7", forwardedFor: ["1.2.3.4"], trusted, rule: "leftmost" })
      assert.strictEqual(spoofed, "198.51.100.7")
    })
  })
})

import { assert, describe, it } from "@effect/vitest"
import { networksOf } from "@kite/server/limits/RequestSubjects"

const ipSubject = (clientIp: string | undefined) => networksOf(clientIp)[0].subject

describe("ipSubject", () => {
  it("is the address itself for IPv4, mapped or not", () => {
    assert.strictEqual(ipSubject("203.0.113.9"), "203.0.113.9")
    assert.strictEqual(ipSubject("::ffff:203.0.113.9"), "203.0.113.9")
  })

  it("is the /64 for IPv6, so that a subscriber has one bucket", () => {
    assert.strictEqual(ipSubject("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64")
    assert.strictEqual(ipSubject("2001:db8:1:2::"), ipSubject("2001:db8:1:2:ffff:ffff:ffff:ffff"))
    assert.notStrictEqual(ipSubject("2001:db8:1:2::"), ipSubject("2001:db8:1:3::"))
    assert.strictEqual(ipSubject("::1"), "0:0:0:0::/64")
  })

  it("is counted by the /56 and the /48 too, with four and sixteen times the limit", () => {
    assert.deepStrictEqual(networksOf("2001:db8:1:2ff:3:4:5:6"), [
      { subject: "2001:db8:1:2ff::/64", factor: 1 },
      { subject: "2001:db8:1:200::/56", factor: 4 },
      { subject: "2001:db8:1::/48", factor: 16 }
    ])
    assert.lengthOf(networksOf("::ffff:203.0.113.9"), 1)
    assert.lengthOf(networksOf(undefined), 1)
  })

  it("is one shared bucket when the address is unknown", () => {
    assert.strictEqual(ipSubject(undefined), "unknown")
    assert.strictEqual(ipSubject("{}".repeat(200)), "unknown")
  })
})

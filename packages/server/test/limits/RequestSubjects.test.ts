import { assert, describe, it } from "@effect/vitest"
import { ipSubject } from "@kite/server/limits/RequestSubjects"

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

  it("is one shared bucket when the address is unknown", () => {
    assert.strictEqual(ipSubject(undefined), "unknown")
    assert.strictEqual(ipSubject("{}".repeat(200)), "unknown")
  })
})

import { assert, describe, it } from "@effect/vitest"
import { RateLimit, RateLimitFromString } from "@kite/domain/limits/RateLimit"
import { defaultRateLimits } from "@kite/domain/limits/RateLimitPolicy"
import { Result, Schema } from "effect"
import fc from "fast-check"

const decode = Schema.decodeUnknownResult(RateLimitFromString)
const encode = Schema.encodeSync(RateLimitFromString)

describe("RateLimitFromString", () => {
  it("reads units of seconds, minutes, hours and days", () => {
    const read = (text: string) => Result.getOrThrow(decode(text))
    assert.deepStrictEqual(read("10/1m"), { limit: 10, windowMs: 60_000 })
    assert.deepStrictEqual(read(" 5/1h "), { limit: 5, windowMs: 3_600_000 })
    assert.deepStrictEqual(read("100/90s"), { limit: 100, windowMs: 90_000 })
    assert.deepStrictEqual(read("1/1d"), { limit: 1, windowMs: 86_400_000 })
  })

  it("refuses malformed rate limits and limits out of bounds", () => {
    for (const text of [
      "",
      "10",
      "10/m",
      "10/1",
      "-1/1m",
      "1.5/1m",
      "10/1w",
      "0/1m",
      "10/0s",
      "10/2d",
      "1000001/1m",
      "10 / 1m"
    ]) {
      assert.isTrue(Result.isFailure(decode(text)), text)
    }
  })

  it("decodes what it encodes", () => {
    const limit = fc.integer({ min: 1, max: 1_000_000 })
    const seconds = fc.integer({ min: 1, max: 86_400 })
    fc.assert(
      fc.property(limit, seconds, (count, length) => {
        const rateLimit = RateLimit.make({ limit: count, windowMs: length * 1_000 })
        assert.deepStrictEqual(Result.getOrThrow(decode(encode(rateLimit))), rateLimit)
      })
    )
  })

  it("encodes the defaults as documented", () => {
    assert.deepStrictEqual(
      Object.values(defaultRateLimits).map((rateLimit) => encode(rateLimit)),
      ["10/1m", "30/1m", "300/1m", "5/1h", "10/15m", "10/15m", "10/15m", "100/1m", "1000/1m"]
    )
  })
})

import { assert, describe, it } from "@effect/vitest"
import {
  defaultRateLimits,
  PolicyName,
  policyTable,
  type RateLimitSetting,
  rateLimitsOf
} from "@kite/domain/limits/RateLimitPolicy"

const names = PolicyName.literals

describe("the table of policies", () => {
  it.each(names)("names the setting of %s after the policy", (name) => {
    assert.strictEqual(policyTable[name].setting, `RATE_LIMIT_${name.toUpperCase().replaceAll("-", "_")}`)
  })

  it.each(names)("uses a name that no key and no header must escape: %s", (name) => {
    assert.match(name, /^[a-z]+(-[a-z]+)*$/)
  })
})

describe("the default limits", () => {
  it("are those that were promised", () => {
    const limits = Object.fromEntries(names.map((name) => [name, policyTable[name].defaultLimit]))
    assert.deepStrictEqual(limits, {
      "auth-ip": "10/1m",
      "refresh-session": "30/1m",
      "refresh-ip": "300/1m",
      "password-reset-ip": "5/1h",
      "login-account": "10/15m",
      "login-device": "10/15m",
      "password-account": "10/15m",
      account: "100/1m",
      ip: "1000/1m"
    })
  })
})

describe("rateLimitsOf", () => {
  it("returns the defaults without settings", () => {
    assert.deepStrictEqual(rateLimitsOf({}), defaultRateLimits)
  })

  it.each(names)("overrides the limit of the setting, and no other: %s", (name) => {
    const limit = { limit: 7, windowMs: 3_000 }
    const setting: RateLimitSetting = policyTable[name].setting
    assert.deepStrictEqual(rateLimitsOf({ [setting]: limit }), { ...defaultRateLimits, [name]: limit })
  })
})

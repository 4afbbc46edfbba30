import { assert, describe, it } from "@effect/vitest"
import { rateLimitHeaders } from "@kite/domain/limits/RateLimitHeaders"
import { PolicyName } from "@kite/domain/limits/RateLimitPolicy"
import type { PolicyVerdict } from "@kite/domain/limits/Verdict"
import fc from "fast-check"
import { parseList } from "structured-headers"

const verdict = fc
  .uniqueArray(
    fc.record({
      policy: fc.record({
        name: fc.constantFrom(...PolicyName.literals),
        limit: fc.integer({ min: 1, max: 1_000_000 }),
        windowMs: fc.integer({ min: 1_000, max: 86_400_000 })
      }),
      allowed: fc.boolean(),
      remaining: fc.nat(1_000_000),
      retryAfterMs: fc.integer({ min: 0, max: 86_400_000 }),
      resetMs: fc.nat(86_400_000)
    }),
    { minLength: 1, maxLength: 5, selector: (entry) => entry.policy.name }
  )
  .map((policies): { allowed: boolean; policies: ReadonlyArray<PolicyVerdict> } => ({
    allowed: policies.every((entry) => entry.allowed),
    policies
  }))

describe("rateLimitHeaders", () => {
  it("contains limit, window, remaining units and wait, the tightest policy first", () => {
    const headers = rateLimitHeaders({
      allowed: true,
      policies: [
        {
          policy: { name: "ip", limit: 1_000, windowMs: 60_000 },
          allowed: true,
          remaining: 900,
          retryAfterMs: 0,
          resetMs: 5_000
        },
        {
          policy: { name: "auth-ip", limit: 10, windowMs: 60_000 },
          allowed: true,
          remaining: 3,
          retryAfterMs: 0,
          resetMs: 41_001
        }
      ]
    })
    assert.deepStrictEqual(headers, {
      "ratelimit-policy": '"auth-ip";q=10;w=60, "ip";q=1000;w=60',
      ratelimit: '"auth-ip";r=3;t=42, "ip";r=900;t=5'
    })
  })

  it("names a policy once that counts a client by several networks: the tightest of them", () => {
    const ip = (limit: number, remaining: number, retryAfterMs = 0) => ({
      policy: { name: "ip" as const, limit, windowMs: 60_000 },
      allowed: retryAfterMs === 0,
      remaining,
      retryAfterMs,
      resetMs: 5_000
    })
    assert.deepStrictEqual(rateLimitHeaders({ allowed: true, policies: [ip(10, 9), ip(40, 3), ip(160, 50)] }), {
      "ratelimit-policy": '"ip";q=40;w=60',
      ratelimit: '"ip";r=3;t=5'
    })
    const refused = rateLimitHeaders({ allowed: false, policies: [ip(10, 1), ip(40, 0, 2_000), ip(160, 0, 4_000)] })
    assert.deepInclude(refused, { ratelimit: '"ip";r=0;t=4', "retry-after": "4" })
  })

  it("never tells a refused client to come back at once", () => {
    for (const retryAfterMs of [0, 1, 999, 1_000]) {
      const policy = { name: "ip", limit: 1, windowMs: 60_000 } as const
      const refused = { policy, allowed: false, remaining: 0, retryAfterMs, resetMs: 60_000 }
      assert.deepInclude(rateLimitHeaders({ allowed: false, policies: [refused] }), {
        ratelimit: '"ip";r=0;t=1',
        "retry-after": "1"
      })
    }
  })

  it("tells a refused client to wait at least one second", () => {
    const headers = rateLimitHeaders({
      allowed: false,
      policies: [
        {
          policy: { name: "ip", limit: 9, windowMs: 60_000 },
          allowed: true,
          remaining: 1,
          retryAfterMs: 0,
          resetMs: 9_000
        },
        {
          policy: { name: "auth-ip", limit: 1, windowMs: 60_000 },
          allowed: false,
          remaining: 0,
          retryAfterMs: 1,
          resetMs: 1
        }
      ]
    })
    assert.deepStrictEqual(headers, {
      "ratelimit-policy": '"auth-ip";q=1;w=60, "ip";q=9;w=60',
      ratelimit: '"auth-ip";r=0;t=1, "ip";r=1;t=9',
      "retry-after": "1",
      "cache-control": "no-store"
    })
  })

  it("parses as RFC 9651 lists with the same values", () => {
    fc.assert(
      fc.property(verdict, (given) => {
        const headers = rateLimitHeaders(given)
        const names = given.policies.map((entry) => entry.policy.name).toSorted()
        const policy = parseList(headers["ratelimit-policy"])
        const remaining = parseList(headers.ratelimit)
        assert.deepStrictEqual(policy.map(([name]) => name).toSorted(), names)
        assert.deepStrictEqual(
          remaining.map(([name]) => name),
          policy.map(([name]) => name)
        )
        for (const entry of given.policies) {
          const [, quota] = policy.find(([name]) => name === entry.policy.name) ?? assert.fail("no quota")
          assert.deepStrictEqual(
            [...quota.entries()],
            [
              ["q", entry.policy.limit],
              ["w", Math.ceil(entry.policy.windowMs / 1_000)]
            ]
          )
          const [, left] = remaining.find(([name]) => name === entry.policy.name) ?? assert.fail("no remaining units")
          assert.strictEqual(left.get("r"), entry.remaining)
        }
      }),
      { numRuns: 1_000 }
    )
  })

  it("sets Retry-After to the longest wait of the refusing policies", () => {
    fc.assert(
      fc.property(verdict, (given) => {
        const headers = rateLimitHeaders(given)
        const refused = given.policies.filter((entry) => !entry.allowed).map((entry) => entry.retryAfterMs)
        assert.strictEqual(headers["retry-after"] === undefined, given.allowed)
        if (given.allowed) return
        assert.strictEqual(headers["retry-after"], String(Math.max(1, Math.ceil(Math.max(...refused) / 1_000))))
        assert.strictEqual(String(parseList(headers.ratelimit)[0]?.[1].get("t")), headers["retry-after"])
      })
    )
  })
})

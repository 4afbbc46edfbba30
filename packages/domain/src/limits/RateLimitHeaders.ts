import type { PolicyVerdict, Verdict } from "./Verdict.ts"

const seconds = (ms: number) => Math.ceil(ms / 1_000)
const atLeastOne = (ms: number) => Math.max(1, seconds(ms))

const tightestFirst = (a: PolicyVerdict, b: PolicyVerdict) =>
  Number(a.allowed) - Number(b.allowed) || b.retryAfterMs - a.retryAfterMs || a.remaining - b.remaining

/** One verdict per policy: the tightest, where a policy counts a client by several networks. */
const tightestOfEach = (policies: ReadonlyArray<PolicyVerdict>) => {
  const sorted = [...policies].sort(tightestFirst)
  const first = (name: string) => sorted.findIndex(({ policy }) => policy.name === name)
  return sorted.filter(({ policy }, index) => first(policy.name) === index)
}

const wait = ({ allowed, resetMs, retryAfterMs }: PolicyVerdict) =>
  allowed ? seconds(resetMs) : atLeastOne(retryAfterMs)

/** Names in lower case. Only a refusal has the last two. */
export interface RateLimitHeaders {
  readonly "ratelimit-policy": string
  readonly ratelimit: string
  readonly "retry-after"?: string
  readonly "cache-control"?: string
}

/**
 * The headers of a limited response, the tightest policy first (draft-ietf-httpapi-ratelimit-headers-10; lists of strings with
 * parameters, RFC 9651). Policy names contain nothing that a quoted string must escape.
 */
export const rateLimitHeaders = (verdict: Verdict): RateLimitHeaders => {
  const policies = tightestOfEach(verdict.policies)
  const headers = {
    "ratelimit-policy": policies.map(({ policy: p }) => `"${p.name}";q=${p.limit};w=${seconds(p.windowMs)}`).join(", "),
    ratelimit: policies.map((p) => `"${p.policy.name}";r=${p.remaining};t=${wait(p)}`).join(", ")
  }
  if (verdict.allowed) return headers
  const longest = Math.max(...policies.filter((p) => !p.allowed).map(wait))
  return { ...headers, "retry-after": String(longest), "cache-control": "no-store" }
}

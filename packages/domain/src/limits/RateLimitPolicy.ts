import { Context, Schema } from "effect"
import type { RateLimit } from "./RateLimit.ts"

/** The name of a policy: in the keys, in the headers, and upper-cased in `RATE_LIMIT_<NAME>`. */
export const PolicyName = Schema.Literals(["auth-ip", "password-reset-ip", "login-account", "account", "ip"])
export type PolicyName = typeof PolicyName.Type

/** What a policy counts by: the client's address, the account of the access token, or the e-mail of the request's body. */
export const policySubject = {
  "auth-ip": "ip",
  "password-reset-ip": "ip",
  "login-account": "email",
  account: "account",
  ip: "ip"
} as const satisfies Record<PolicyName, "ip" | "account" | "email">

/** One policy in force. */
export interface RateLimitPolicy extends RateLimit {
  readonly name: PolicyName
}

const minute = 60_000

/** The limit of every policy, by its name. */
export type RateLimits = Readonly<Record<PolicyName, RateLimit>>

export const defaultRateLimits: RateLimits = {
  "auth-ip": { limit: 10, windowMs: minute },
  "password-reset-ip": { limit: 5, windowMs: 60 * minute },
  "login-account": { limit: 10, windowMs: 15 * minute },
  account: { limit: 100, windowMs: minute },
  ip: { limit: 1_000, windowMs: minute }
}

/** The limits in force; the composition root overrides the defaults by the settings. */
export const RateLimits = Context.Reference<RateLimits>("@kite/domain/limits/RateLimits", {
  defaultValue: () => defaultRateLimits
})

/**
 * Annotation of an endpoint or a group: the policies that limit it, all at once. Without it `ip` does; an empty list means
 * never limited.
 */
export const RateLimitPolicies = Context.Reference<ReadonlyArray<PolicyName>>("@kite/domain/limits/RateLimitPolicies", {
  defaultValue: () => ["ip"]
})

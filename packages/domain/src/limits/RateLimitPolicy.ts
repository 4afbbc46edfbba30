import { Context, Record as Records, Schema } from "effect"
import { type RateLimit, RateLimitFromString } from "./RateLimit.ts"

interface PolicyRow {
  /** What the policy counts by: the client's address, the account of the access token, or the e-mail in the request's body. */
  readonly subject: "ip" | "account" | "email"
  /** The limit unless the setting is set, in the setting's notation. */
  readonly defaultLimit: `${number}/${number}${"s" | "m" | "h" | "d"}`
  readonly setting: `RATE_LIMIT_${string}`
  readonly description: string
}

/**
 * Every rate limit policy by its name, which appears in the keys, the headers and the log. To add a policy, add a row here and its
 * name to the `RateLimitPolicies` of the endpoints that it limits.
 */
export const policyTable = {
  "auth-ip": {
    subject: "ip",
    defaultLimit: "10/1m",
    setting: "RATE_LIMIT_AUTH_IP",
    description: "Login, register, refresh, password change and proof of an e-mail, per client address"
  },
  "password-reset-ip": {
    subject: "ip",
    defaultLimit: "5/1h",
    setting: "RATE_LIMIT_PASSWORD_RESET_IP",
    description: "Password reset and requests to prove an e-mail, per client address"
  },
  "login-account": {
    subject: "email",
    defaultLimit: "10/15m",
    setting: "RATE_LIMIT_LOGIN_ACCOUNT",
    description: "Login, per e-mail, from any address"
  },
  account: {
    subject: "account",
    defaultLimit: "100/1m",
    setting: "RATE_LIMIT_ACCOUNT",
    description: "Documents and admin endpoints, per account"
  },
  ip: {
    subject: "ip",
    defaultLimit: "1000/1m",
    setting: "RATE_LIMIT_IP",
    description: "All other endpoints, per client address"
  }
} as const satisfies Readonly<Record<string, PolicyRow>>

export type PolicyName = keyof typeof policyTable
export const PolicyName = Schema.Literals(Records.keys(policyTable))

/** The names of the settings that override the defaults. */
export type RateLimitSetting = (typeof policyTable)[PolicyName]["setting"]

/** One policy in force. */
export interface RateLimitPolicy extends RateLimit {
  readonly name: PolicyName
}

/** The limit of every policy, by its name. */
export type RateLimits = Readonly<Record<PolicyName, RateLimit>>

const decodeLimit = Schema.decodeSync(RateLimitFromString)

export const defaultRateLimits: RateLimits = Records.map(policyTable, ({ defaultLimit }) => decodeLimit(defaultLimit))

/** The limits in force: each as its setting says, or else its default. */
export const rateLimitsOf = (
  settings: Readonly<Partial<Record<RateLimitSetting, RateLimit | undefined>>>
): RateLimits => Records.map(policyTable, ({ setting }, name) => settings[setting] ?? defaultRateLimits[name])

/**
 * Annotation of an endpoint or a group: the policies that limit it, all charged at once. The default is `ip`; an empty list means
 * that the endpoint is never limited.
 */
export const RateLimitPolicies = Context.Reference<ReadonlyArray<PolicyName>>("@kite/domain/limits/RateLimitPolicies", {
  defaultValue: () => ["ip"]
})

import { Context, Record as Records, Schema } from "effect"
import { type RateLimit, RateLimitFromString } from "./RateLimit.ts"

interface PolicyRow {
  /**
   * What the policy counts by: the client's address, the account of the access token, the session of the refresh cookie, or the
   * e-mail of a login, from a device that is known to its account (`device`) or from any other (`email`).
   */
  readonly subject: "ip" | "account" | "session" | "email" | "device"
  /** `failures`: a request is charged before its password is checked, and stays charged only if the password is wrong. */
  readonly counts: "requests" | "failures"
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
    counts: "requests",
    defaultLimit: "10/1m",
    setting: "RATE_LIMIT_AUTH_IP",
    description: "Login, register, password change and proof of an e-mail, per client address"
  },
  "refresh-session": {
    subject: "session",
    counts: "requests",
    defaultLimit: "30/1m",
    setting: "RATE_LIMIT_REFRESH_SESSION",
    description: "Refresh, per session"
  },
  "refresh-ip": {
    subject: "ip",
    counts: "requests",
    defaultLimit: "300/1m",
    setting: "RATE_LIMIT_REFRESH_IP",
    description: "Refresh, per client address"
  },
  "password-reset-ip": {
    subject: "ip",
    counts: "requests",
    defaultLimit: "5/1h",
    setting: "RATE_LIMIT_PASSWORD_RESET_IP",
    description: "Password reset and requests to prove an e-mail, per client address"
  },
  "login-account": {
    subject: "email",
    counts: "failures",
    defaultLimit: "10/15m",
    setting: "RATE_LIMIT_LOGIN_ACCOUNT",
    description: "Failed logins per e-mail, of all devices together that have not logged in to the account before"
  },
  "login-device": {
    subject: "device",
    counts: "failures",
    defaultLimit: "10/15m",
    setting: "RATE_LIMIT_LOGIN_DEVICE",
    description: "Failed logins per e-mail and device, of a device that has logged in to the account before"
  },
  "password-account": {
    subject: "account",
    counts: "failures",
    defaultLimit: "10/15m",
    setting: "RATE_LIMIT_PASSWORD_ACCOUNT",
    description: "Wrong current passwords at a password change, per account"
  },
  account: {
    subject: "account",
    counts: "requests",
    defaultLimit: "100/1m",
    setting: "RATE_LIMIT_ACCOUNT",
    description: "Documents and admin endpoints, per account"
  },
  ip: {
    subject: "ip",
    counts: "requests",
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

import { type PolicyName, policyTable, type RateLimits } from "@kite/domain/limits/RateLimitPolicy"
import type { Charge } from "@kite/domain/limits/Verdict"
import type { LoginSubject } from "./CredentialSubjects.ts"
import { networksOf } from "./RequestSubjects.ts"

/** The subjects of a request that are known so far, besides its address, which always is. */
export interface Subjects {
  readonly account?: string | undefined
  readonly session?: string | undefined
  readonly login?: LoginSubject | undefined
}

/** The charges of a request under a policy: none if its subject is not known, and several if it counts by several networks. */
export const chargesOf = (
  limits: RateLimits,
  name: PolicyName,
  { account, session, login }: Subjects,
  ip: string | undefined
): ReadonlyArray<Charge> => {
  const policy = { name, ...limits[name] }
  switch (policyTable[name].subject) {
    case "account":
      return account === undefined ? [] : [{ policy, subject: account }]
    case "session":
      return session === undefined ? [] : [{ policy, subject: session }]
    case "email":
      return login === undefined || login.device !== undefined ? [] : [{ policy, subject: login.email }]
    case "device":
      return login?.device === undefined ? [] : [{ policy, subject: login.email, part: login.device }]
    case "ip":
      return networksOf(ip).map(({ subject, factor }) => ({
        policy: { ...policy, limit: policy.limit * factor },
        subject
      }))
  }
}

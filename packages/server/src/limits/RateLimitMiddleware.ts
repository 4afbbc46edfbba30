import { IpRateLimit } from "@kite/domain/limits/IpRateLimit"
import { policySubject } from "@kite/domain/limits/RateLimitPolicy"
import { Effect, Layer } from "effect"
import { policiesOf } from "./EndpointPolicies.ts"
import { RateLimitGate } from "./RateLimitGate.ts"
import { emailSubject } from "./RequestSubjects.ts"

/**
 * Before authentication: charges what can be charged without it. An endpoint that is limited by account alone passes; if its
 * request then fails to authenticate, it has been charged to nobody and UnchargedRequests charges it to the address.
 */
export const layer = Layer.effect(
  IpRateLimit,
  Effect.map(RateLimitGate, (gate) =>
    IpRateLimit.of((httpEffect, options) => {
      const all = policiesOf(options)
      const policies = all.filter((name) => policySubject[name] !== "account")
      if (all.length === 0) return Effect.andThen(gate.exempt, httpEffect)
      if (policies.length === 0) return httpEffect
      const admitted = policies.some((name) => policySubject[name] === "email")
        ? Effect.flatMap(emailSubject, (email) => gate.admit(policies, { email }))
        : gate.admit(policies)
      return Effect.andThen(admitted, httpEffect)
    })
  )
)

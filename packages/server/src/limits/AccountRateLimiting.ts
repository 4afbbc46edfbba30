import { AccountRateLimit } from "@kite/domain/limits/AccountRateLimit"
import { policySubject } from "@kite/domain/limits/RateLimitPolicy"
import { CurrentUser } from "@kite/domain/users/User"
import { Effect, Layer } from "effect"
import { policiesOf } from "./EndpointPolicies.ts"
import { RateLimitGate } from "./RateLimitGate.ts"

/** After authentication: charges the policies by account. */
export const layer = Layer.effect(
  AccountRateLimit,
  Effect.map(RateLimitGate, (gate) =>
    AccountRateLimit.of((httpEffect, options) => {
      const policies = policiesOf(options).filter((name) => policySubject[name] === "account")
      if (policies.length === 0) return httpEffect
      return CurrentUser.pipe(
        Effect.flatMap(({ id }) => gate.admit(policies, { account: id })),
        Effect.andThen(httpEffect)
      )
    })
  )
)

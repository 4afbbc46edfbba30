import { AccountRateLimit, IpRateLimit } from "@kite/domain/limits/RateLimitMiddleware"
import { type PolicyName, policyTable, RateLimitPolicies } from "@kite/domain/limits/RateLimitPolicy"
import { CurrentUser } from "@kite/domain/users/User"
import { Context, Effect, Layer } from "effect"
import { HttpRouter } from "effect/http"
import type { HttpApiEndpoint, HttpApiGroup } from "effect/http-api"
import { RateLimitGate, RequestCharge } from "./RateLimitGate.ts"
import { emailSubject } from "./RequestSubjects.ts"

/** The policies of the endpoint's annotation, else of its group's, else the default. */
const policiesOf = (options: {
  readonly endpoint: HttpApiEndpoint.Top
  readonly group: HttpApiGroup.Top
}): ReadonlyArray<PolicyName> =>
  Context.get(Context.merge(options.group.annotations, options.endpoint.annotations), RateLimitPolicies)

/** Before authentication: charges the policies by client address and by e-mail. */
const layerIp = Layer.effect(
  IpRateLimit,
  Effect.map(RateLimitGate, (gate) =>
    IpRateLimit.of((httpEffect, options) => {
      const policies = policiesOf(options)
      const chargeable = policies.filter((name) => policyTable[name].subject !== "account")
      if (policies.length === 0) return Effect.andThen(gate.exempt, httpEffect)
      if (chargeable.length === 0) return httpEffect
      const admitted = chargeable.some((name) => policyTable[name].subject === "email")
        ? Effect.flatMap(emailSubject, (email) => gate.admit(chargeable, { email }))
        : gate.admit(chargeable)
      return Effect.andThen(admitted, httpEffect)
    })
  )
)

/** After authentication: charges the policies by account. */
const layerAccount = Layer.effect(
  AccountRateLimit,
  Effect.map(RateLimitGate, (gate) =>
    AccountRateLimit.of((httpEffect, options) => {
      const chargeable = policiesOf(options).filter((name) => policyTable[name].subject === "account")
      if (chargeable.length === 0) return httpEffect
      return CurrentUser.pipe(
        Effect.flatMap(({ id }) => gate.admit(chargeable, { account: id })),
        Effect.andThen(httpEffect)
      )
    })
  )
)

/** The middleware of the API's endpoints. */
export const layer = Layer.merge(layerIp, layerAccount)

/**
 * The middleware of the whole router. Once a response is ready, it charges a request that no policy has been charged for to `ip`:
 * unknown routes, methods that are not allowed, pages outside the API, and requests that fail to authenticate. Their responses
 * cost little to produce; over the limit, a 429 replaces them.
 */
export const layerUncharged = HttpRouter.middleware(
  Effect.map(
    RateLimitGate,
    (gate) => (app) =>
      Effect.suspend(() => {
        const charge = { settled: false }
        return app.pipe(
          Effect.provideService(RequestCharge, charge),
          Effect.exit,
          Effect.tap(() => (charge.settled ? Effect.void : gate.admit(["ip"]))),
          Effect.flatten
        )
      })
  ),
  { global: true }
)

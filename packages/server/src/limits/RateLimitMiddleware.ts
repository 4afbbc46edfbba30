import { AccountRateLimit, IpRateLimit } from "@kite/domain/limits/RateLimitMiddleware"
import { type PolicyName, policyTable, RateLimitPolicies } from "@kite/domain/limits/RateLimitPolicy"
import { CurrentUser } from "@kite/domain/users/User"
import { Context, Effect, Layer } from "effect"
import { HttpRouter } from "effect/http"
import type { HttpApiEndpoint, HttpApiGroup } from "effect/http-api"
import { CredentialSubjects } from "./CredentialSubjects.ts"
import { RateLimitGate } from "./RateLimitGate.ts"
import { type Charged, RequestCharge } from "./RequestCharge.ts"

/** The policies of the endpoint's annotation, else of its group's, else the default. */
const policiesOf = (options: {
  readonly endpoint: HttpApiEndpoint.Top
  readonly group: HttpApiGroup.Top
}): ReadonlyArray<PolicyName> =>
  Context.get(Context.merge(options.group.annotations, options.endpoint.annotations), RateLimitPolicies)

/** What the policies count by, from the credentials that the request presents. */
const makeReadSubjects = Effect.map(CredentialSubjects, (presented) =>
  Effect.fnUntraced(function* (policies: ReadonlyArray<PolicyName>) {
    const kinds = new Set(policies.map((name) => policyTable[name].subject))
    const login = kinds.has("email") || kinds.has("device") ? yield* presented.login : undefined
    const session = kinds.has("session") ? yield* presented.session : undefined
    return { login, session }
  })
)

/** Before authentication: charges the policies by client address and by what the request presents. */
const layerIp = Layer.effect(
  IpRateLimit,
  Effect.gen(function* () {
    const gate = yield* RateLimitGate
    const readSubjects = yield* makeReadSubjects
    return IpRateLimit.of((httpEffect, options) => {
      const policies = policiesOf(options)
      const chargeable = policies.filter((name) => policyTable[name].subject !== "account")
      if (policies.length === 0) return Effect.andThen(gate.exempt, httpEffect)
      if (chargeable.length === 0) return httpEffect
      return chargeable.every((name) => policyTable[name].subject === "ip")
        ? gate.admit(chargeable, {}, httpEffect)
        : Effect.flatMap(readSubjects(chargeable), (subjects) => gate.admit(chargeable, subjects, httpEffect))
    })
  })
)

/** After authentication: charges the policies by account. */
const layerAccount = Layer.effect(
  AccountRateLimit,
  Effect.map(RateLimitGate, (gate) =>
    AccountRateLimit.of((httpEffect, options) => {
      const chargeable = policiesOf(options).filter((name) => policyTable[name].subject === "account")
      if (chargeable.length === 0) return httpEffect
      return Effect.flatMap(CurrentUser, ({ id }) => gate.admit(chargeable, { account: id }, httpEffect))
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
        const charged: Charged = { settled: false, policies: [] }
        return app.pipe(
          Effect.exit,
          Effect.flatMap((exit) => (charged.settled ? exit : gate.admit(["ip"], {}, exit))),
          Effect.provideService(RequestCharge, charged)
        )
      })
  ),
  { global: true }
)

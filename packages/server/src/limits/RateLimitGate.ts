import { ClientIp } from "@kite/adapters/logging/RequestContext"
import { Settings } from "@kite/adapters/settings/Settings"
import { rateLimitHeaders } from "@kite/domain/limits/RateLimitHeaders"
import { RateLimited } from "@kite/domain/limits/RateLimitMiddleware"
import { type PolicyName, policyTable, rateLimitsOf } from "@kite/domain/limits/RateLimitPolicy"
import type { Charge, Verdict } from "@kite/domain/limits/Verdict"
import { Context, Effect, Layer } from "effect"
import { HttpEffect, HttpServerResponse } from "effect/http"
import { RateLimiter } from "./RateLimiter.ts"
import { recordRefusal } from "./RateLimitMetrics.ts"
import { ipSubject } from "./RequestSubjects.ts"

/** The subjects of a request that are known so far, besides its address, which always is. */
export interface Subjects {
  readonly account?: string | undefined
  readonly email?: string | undefined
}

/** `settled` once the current request has been charged to a policy or exempted, so that nothing charges it again. */
export const RequestCharge = Context.Reference<{ settled: boolean }>("@kite/server/limits/RequestCharge", {
  defaultValue: () => ({ settled: true })
})

/** Charges the current request to its policies, and puts their state on the response, whatever the response will be. */
export class RateLimitGate extends Context.Service<
  RateLimitGate,
  {
    /** Charges those of the policies whose subject is known, in one call to the limiter. Fails with RateLimited. */
    admit(policies: ReadonlyArray<PolicyName>, subjects?: Subjects): Effect.Effect<void, RateLimited>
    /** Leaves the current request unlimited. */
    readonly exempt: Effect.Effect<void>
  }
>()("@kite/server/limits/RateLimitGate") {
  static readonly layer = Layer.effect(
    RateLimitGate,
    Effect.gen(function* () {
      const limiter = yield* RateLimiter
      const limits = rateLimitsOf(yield* Settings)

      const charge = (name: PolicyName, subject: string | undefined): ReadonlyArray<Charge> =>
        subject === undefined ? [] : [{ policy: { name, ...limits[name] }, subject }]

      const admit = (policies: ReadonlyArray<PolicyName>, subjects: Subjects = {}) =>
        Effect.withFiber<void, RateLimited>((fiber) => {
          const known = { ...subjects, ip: ipSubject(fiber.getRef(ClientIp)) }
          const charges = policies.flatMap((name) => charge(name, known[policyTable[name].subject]))
          if (charges.length === 0) return Effect.void
          fiber.getRef(RequestCharge).settled = true
          return Effect.flatMap(limiter.check(charges), (verdict) => {
            HttpEffect.appendPreResponseHandlerUnsafe(fiber.context, withHeaders(verdict))
            return verdict.allowed ? Effect.void : Effect.andThen(recordRefusal(verdict), Effect.fail(refusal(verdict)))
          })
        })

      const exempt = Effect.map(RequestCharge, (charge) => {
        charge.settled = true
      })
      return RateLimitGate.of({ admit, exempt })
    })
  )
}

const withHeaders = (verdict: Verdict): HttpEffect.PreResponseHandler => {
  const headers = { ...rateLimitHeaders(verdict) }
  return (_request, response) => Effect.succeed(HttpServerResponse.setHeaders(response, headers))
}

const refusal = ({ policies }: Verdict) =>
  new RateLimited({
    "violated-policies": policies.flatMap(({ allowed, policy }) => (allowed ? [] : [policy.name]))
  })

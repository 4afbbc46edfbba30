import { ClientIp } from "@kite/adapters/logging/RequestContext"
import { rateLimitHeaders } from "@kite/domain/limits/RateLimitHeaders"
import { RateLimited } from "@kite/domain/limits/RateLimitMiddleware"
import { type PolicyName, policySubject, RateLimits } from "@kite/domain/limits/RateLimitPolicy"
import { ipSubject } from "@kite/domain/limits/RateLimitSubject"
import type { Charge, Verdict } from "@kite/domain/limits/Verdict"
import { Context, Effect, Layer } from "effect"
import { HttpEffect, HttpServerResponse } from "effect/http"
import { RateLimiter } from "./RateLimiter.ts"
import { recordRefusal } from "./RateLimitMetrics.ts"
import { RequestCharge } from "./RequestCharge.ts"

/** Whom the request counts for, as far as it is known by now; its address always is. */
export interface Subjects {
  readonly account?: string | undefined
  readonly email?: string | undefined
}

/** Asks the limiter for the request being served, and puts what it says on the response, whatever that will be. */
export class RateLimitGate extends Context.Service<
  RateLimitGate,
  {
    /** Charges those of the policies whose subject is known, in one call. Fails with RateLimited. */
    admit(policies: ReadonlyArray<PolicyName>, subjects?: Subjects): Effect.Effect<void, RateLimited>
    /** The request is not to be limited. */
    readonly exempt: Effect.Effect<void>
  }
>()("@kite/server/limits/RateLimitGate") {
  static readonly layer = Layer.effect(
    RateLimitGate,
    Effect.gen(function* () {
      const limiter = yield* RateLimiter
      const limits = yield* RateLimits

      const charge = (name: PolicyName, subject: string | undefined): ReadonlyArray<Charge> =>
        subject === undefined ? [] : [{ policy: { name, ...limits[name] }, subject }]

      const admit = (policies: ReadonlyArray<PolicyName>, subjects: Subjects = {}) =>
        Effect.withFiber<void, RateLimited>((fiber) => {
          const known = { ...subjects, ip: ipSubject(fiber.getRef(ClientIp)) }
          const charges = policies.flatMap((name) => charge(name, known[policySubject[name]]))
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

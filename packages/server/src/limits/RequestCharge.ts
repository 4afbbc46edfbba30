import { rateLimitHeaders } from "@kite/domain/limits/RateLimitHeaders"
import type { PolicyVerdict } from "@kite/domain/limits/Verdict"
import { Context, Effect, type Fiber } from "effect"
import { HttpEffect, HttpServerResponse } from "effect/http"

/** What the current request has been charged so far. */
export interface Charged {
  /** True once the request has been charged to a policy or exempted, so that nothing charges it again. */
  settled: boolean
  policies: ReadonlyArray<PolicyVerdict>
}

/** Undefined outside the router's middleware, which provides one to each request. */
export const RequestCharge = Context.Reference<Charged | undefined>("@kite/server/limits/RequestCharge", {
  defaultValue: () => undefined
})

/** Adds the verdicts to the request's, whose state goes on the response, whatever the response will be. */
export const addVerdicts = (fiber: Fiber.Fiber<unknown, unknown>, policies: ReadonlyArray<PolicyVerdict>): Charged => {
  const charged = fiber.getRef(RequestCharge) ?? { settled: true, policies: [] }
  charged.settled = true
  charged.policies = charged.policies.length === 0 ? policies : [...charged.policies, ...policies]
  HttpEffect.appendPreResponseHandlerUnsafe(fiber.context, (_request, response) =>
    Effect.sync(() => HttpServerResponse.setHeaders(response, { ...headersOf(charged) }))
  )
  return charged
}

const headersOf = ({ policies }: Charged) =>
  rateLimitHeaders({ allowed: policies.every(({ allowed }) => allowed), policies })

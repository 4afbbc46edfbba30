import { type PolicyName, RateLimitPolicies } from "@kite/domain/limits/RateLimitPolicy"
import { Context } from "effect"
import type { HttpApiEndpoint, HttpApiGroup } from "effect/http-api"

/** The policies that the endpoint is annotated with, else its group, else the default. */
export const policiesOf = (options: {
  readonly endpoint: HttpApiEndpoint.Top
  readonly group: HttpApiGroup.Top
}): ReadonlyArray<PolicyName> =>
  Context.get(Context.merge(options.group.annotations, options.endpoint.annotations), RateLimitPolicies)

import { Schema } from "effect"
import { HttpApiMiddleware } from "effect/http-api"
import { Problem } from "../Problem.ts"
import type { CurrentUser } from "../users/User.ts"
import { PolicyName } from "./RateLimitPolicy.ts"

/** 429: too many requests. `Retry-After` says when to retry. The response is the same whether or not an account exists. */
export class RateLimited extends Problem<RateLimited>()(
  "RateLimited",
  {
    type: "https://iana.org/assignments/http-problem-types#quota-exceeded",
    status: 429,
    title: "Too many requests"
  },
  { "violated-policies": Schema.Array(PolicyName) }
) {}

/**
 * The outermost middleware: charges the endpoint's policies by all that is known before authentication. An endpoint
 * that is limited by account alone is not charged here; if authentication fails, the request is charged to `ip`.
 */
export class IpRateLimit extends HttpApiMiddleware.Service<IpRateLimit>()("@kite/domain/limits/IpRateLimit", {
  error: RateLimited
}) {}

/** Inside Authentication: charges the endpoint's policies by account. */
export class AccountRateLimit extends HttpApiMiddleware.Service<AccountRateLimit, { requires: CurrentUser }>()(
  "@kite/domain/limits/AccountRateLimit",
  { error: RateLimited }
) {}

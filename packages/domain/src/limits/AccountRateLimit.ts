import { HttpApiMiddleware } from "effect/http-api"
import type { CurrentUser } from "../auth/CurrentUser.ts"
import { RateLimited } from "./RateLimitMiddleware.ts"

/** Inside of Authentication: charges the endpoint's policies by account. */
export class AccountRateLimit extends HttpApiMiddleware.Service<AccountRateLimit, { requires: CurrentUser }>()(
  "@kite/domain/limits/AccountRateLimit",
  { error: RateLimited }
) {}

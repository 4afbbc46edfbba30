import { HttpApiMiddleware } from "effect/http-api"
import { RateLimited } from "./RateLimitMiddleware.ts"

/**
 * The outermost middleware: charges the endpoint's policies by client address and by e-mail before authentication. Where an
 * endpoint is limited by account alone, it charges `ip` for each request that fails to authenticate.
 */
export class IpRateLimit extends HttpApiMiddleware.Service<IpRateLimit>()("@kite/domain/limits/IpRateLimit", {
  error: RateLimited
}) {}

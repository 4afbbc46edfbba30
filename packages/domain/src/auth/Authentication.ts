import { HttpApiMiddleware, HttpApiSecurity } from "effect/http-api"
import { Unauthenticated } from "./AuthErrors.ts"
import type { CurrentUser } from "./CurrentUser.ts"

/** Bearer authentication (RFC 6750): turns the access token into the CurrentUser or answers 401. */
export class Authentication extends HttpApiMiddleware.Service<Authentication, { provides: CurrentUser }>()(
  "@kite/domain/auth/Authentication",
  { security: { bearer: HttpApiSecurity.bearer }, error: Unauthenticated, requiredForClient: true }
) {}

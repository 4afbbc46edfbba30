import { HttpApiMiddleware, HttpApiSecurity } from "effect/http-api"
import type { CurrentUser } from "../users/User.ts"
import { Unauthenticated } from "./AuthErrors.ts"

/** Bearer authentication (RFC 6750): turns the access token into the CurrentUser or fails with a 401. */
export class Authentication extends HttpApiMiddleware.Service<Authentication, { provides: CurrentUser }>()(
  "@kite/domain/auth/Authentication",
  { security: { bearer: HttpApiSecurity.bearer }, error: Unauthenticated, requiredForClient: true }
) {}

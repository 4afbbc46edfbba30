import { Context } from "effect"
import { HttpApiMiddleware, HttpApiSecurity } from "effect/http-api"
import type { Role, UserId } from "../users/User.ts"
import { Unauthenticated } from "./AuthErrors.ts"

/** Who sent the request and in which session, as the access token says: no query is needed. */
export class CurrentUser extends Context.Service<
  CurrentUser,
  { readonly id: UserId; readonly role: Role; readonly sessionId: string }
>()("@kite/domain/auth/CurrentUser") {}

/** Bearer authentication (RFC 6750): turns the access token into the CurrentUser or fails with a 401. */
export class Authentication extends HttpApiMiddleware.Service<Authentication, { provides: CurrentUser }>()(
  "@kite/domain/auth/Authentication",
  { security: { bearer: HttpApiSecurity.bearer }, error: Unauthenticated, requiredForClient: true }
) {}

import { HttpApiMiddleware, HttpApiSecurity, OpenApi } from "effect/http-api"
import type { CurrentUser } from "../users/User.ts"
import { Unauthenticated } from "./AuthErrors.ts"

const bearer = HttpApiSecurity.bearer.pipe(
  HttpApiSecurity.annotateMerge(
    OpenApi.annotations({ format: "JWT", description: "The `accessToken` of login or refresh; valid for 15 minutes." })
  )
)

/** Bearer authentication (RFC 6750): turns the access token into the CurrentUser, or fails with 401. */
export class Authentication extends HttpApiMiddleware.Service<Authentication, { provides: CurrentUser }>()(
  "@kite/domain/auth/Authentication",
  { security: { bearer }, error: Unauthenticated, requiredForClient: true }
) {}

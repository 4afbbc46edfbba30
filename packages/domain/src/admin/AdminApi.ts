import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { EmailTaken, WeakPassword } from "../auth/AuthErrors.ts"
import { Authentication } from "../auth/Authentication.ts"
import { UserId } from "../auth/User.ts"
import { AccountRateLimit, IpRateLimit } from "../limits/RateLimitMiddleware.ts"
import { RateLimitPolicies } from "../limits/RateLimitPolicy.ts"
import { NotFound } from "../Problem.ts"
import { LastAdmin } from "./AdminErrors.ts"
import { AdminUser, ChangedUser, NewUser, UserChange, UserPage, UserQuery } from "./AdminUser.ts"
import { RequiredRole, RoleCheck } from "./RequiredRole.ts"

const params = { id: UserId }

export class AdminApi extends HttpApiGroup.make("admin")
  .add(
    HttpApiEndpoint.get("listUsers", "/users", { query: UserQuery, success: UserPage }).annotate(
      OpenApi.Summary,
      "List and find accounts"
    ),
    HttpApiEndpoint.post("createUser", "/users", {
      payload: NewUser,
      success: AdminUser.pipe(HttpApiSchema.status(201)),
      error: [EmailTaken, WeakPassword]
    }).annotate(OpenApi.Summary, "Make an account"),
    HttpApiEndpoint.patch("changeUser", "/users/:id", {
      params,
      payload: UserChange,
      success: ChangedUser,
      error: [NotFound, LastAdmin]
    }).annotate(OpenApi.Summary, "Deactivate, promote or limit an account, or undo it"),
    HttpApiEndpoint.post("forcePasswordReset", "/users/:id/password-reset", {
      params,
      success: HttpApiSchema.Accepted,
      error: NotFound
    }).annotate(OpenApi.Summary, "Void a password and mail a link to choose a new one")
  )
  .middleware(RoleCheck)
  .middleware(AccountRateLimit)
  .middleware(Authentication)
  .middleware(IpRateLimit)
  .annotate(RequiredRole, "admin")
  .annotate(RateLimitPolicies, ["account"])
  .prefix("/api/admin")
  .annotateMerge(OpenApi.annotations({ title: "Admin", description: "Accounts, for admins" })) {}

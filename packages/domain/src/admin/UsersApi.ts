import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { WeakPassword } from "../auth/AuthErrors.ts"
import { Authentication } from "../auth/Authentication.ts"
import { RequiredRole, RoleCheck } from "../auth/Authorization.ts"
import { NewPassword } from "../auth/Password.ts"
import { AccountRateLimit, IpRateLimit } from "../limits/RateLimitMiddleware.ts"
import { RateLimitPolicies } from "../limits/RateLimitPolicy.ts"
import { NotFound } from "../Problem.ts"
import { Email } from "../users/Email.ts"
import { ByteCount } from "../users/Quota.ts"
import { Role, UserId } from "../users/User.ts"
import { EmailTaken, LastAdmin } from "../users/UserErrors.ts"
import { AdminUser, ChangedUser, UserChange, UserPage, UserQuery } from "./AdminUser.ts"

const params = { id: UserId }

/** An account to create: with the role `user` and QUOTA_BYTES, unless they are given. */
export const NewUser = Schema.Struct({
  email: Email,
  password: NewPassword,
  role: Schema.optionalKey(Role),
  limitBytes: Schema.optionalKey(ByteCount)
})
export type NewUser = typeof NewUser.Type

export class UsersApi extends HttpApiGroup.make("users")
  .add(
    HttpApiEndpoint.get("list", "/users", { query: UserQuery, success: UserPage }).annotate(
      OpenApi.Summary,
      "List and find accounts"
    ),
    HttpApiEndpoint.post("create", "/users", {
      payload: NewUser,
      success: AdminUser.pipe(HttpApiSchema.status(201)),
      error: [EmailTaken, WeakPassword]
    }).annotate(OpenApi.Summary, "Create an account"),
    HttpApiEndpoint.patch("change", "/users/:id", {
      params,
      payload: UserChange,
      success: ChangedUser,
      error: [NotFound, LastAdmin]
    }).annotate(OpenApi.Summary, "Change an account's role or quota, deactivate or reactivate it"),
    HttpApiEndpoint.post("forcePasswordReset", "/users/:id/password-reset", {
      params,
      success: HttpApiSchema.Accepted,
      error: NotFound
    }).annotate(OpenApi.Summary, "Reset a password and mail a link to choose a new one")
  )
  .middleware(RoleCheck)
  .middleware(AccountRateLimit)
  .middleware(Authentication)
  .middleware(IpRateLimit)
  .annotate(RequiredRole, "admin")
  .annotate(RateLimitPolicies, ["account"])
  .prefix("/api/admin")
  .annotateMerge(OpenApi.annotations({ title: "Users", description: "Accounts, for admins" })) {}

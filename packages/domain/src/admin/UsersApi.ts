import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { WeakPassword } from "../auth/AuthErrors.ts"
import { Authentication } from "../auth/Authentication.ts"
import { RequiredRole, RoleCheck } from "../auth/Authorization.ts"
import { NewPassword } from "../auth/Password.ts"
import { AccountRateLimit, IpRateLimit } from "../limits/RateLimitMiddleware.ts"
import { RateLimitPolicies } from "../limits/RateLimitPolicy.ts"
import { documented } from "../openapi/Operation.ts"
import { bodyProblems, NotFound } from "../Problem.ts"
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
}).annotate({ identifier: "NewUser" })
export type NewUser = typeof NewUser.Type

export class UsersApi extends HttpApiGroup.make("users")
  .add(
    HttpApiEndpoint.get("list", "/users", { query: UserQuery, success: UserPage }).annotateMerge(
      documented({
        summary: "List accounts",
        description:
          "All accounts, newest first, or the one with an e-mail address. Shows how much each stores, never what."
      })
    ),
    HttpApiEndpoint.post("create", "/users", {
      payload: NewUser,
      success: AdminUser.pipe(HttpApiSchema.status(201)),
      error: [EmailTaken, WeakPassword, ...bodyProblems]
    }).annotateMerge(
      documented({
        summary: "Create an account",
        description: "Creates an account with any role and quota; by default `user` and the quota of this server."
      })
    ),
    HttpApiEndpoint.patch("change", "/users/:id", {
      params,
      payload: UserChange,
      success: ChangedUser,
      error: [NotFound, LastAdmin, ...bodyProblems]
    }).annotateMerge(
      documented({
        summary: "Change an account",
        description:
          "Changes whether the account is active, its role or its quota; missing members stay. Deactivation and a change of role end its sessions. The last active admin cannot be demoted or deactivated."
      })
    ),
    HttpApiEndpoint.post("forcePasswordReset", "/users/:id/password-reset", {
      params,
      success: HttpApiSchema.Accepted,
      error: NotFound
    }).annotateMerge(
      documented({
        summary: "Reset a password",
        description:
          "Invalidates the password, ends all sessions of the account and mails it a link to choose a new password."
      })
    )
  )
  .middleware(RoleCheck)
  .middleware(AccountRateLimit)
  .middleware(Authentication)
  .middleware(IpRateLimit)
  .annotate(RequiredRole, "admin")
  .annotate(RateLimitPolicies, ["account"])
  .prefix("/api/admin")
  .annotateMerge(OpenApi.annotations({ title: "Users", description: "Accounts, for admins only." })) {}

import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { EmailTaken, WeakPassword } from "../auth/AuthErrors.ts"
import { Authentication } from "../auth/Authentication.ts"
import { UserId } from "../auth/User.ts"
import { AccountRateLimit } from "../limits/AccountRateLimit.ts"
import { IpRateLimit } from "../limits/IpRateLimit.ts"
import { RateLimitPolicies } from "../limits/RateLimitPolicy.ts"
import { documented } from "../openapi/Operation.ts"
import { bodyProblems, NotFound } from "../Problem.ts"
import { LastAdmin } from "./AdminErrors.ts"
import { AdminUser, ChangedUser, NewUser, UserChange, UserPage, UserQuery } from "./AdminUser.ts"
import { RequiredRole, RoleCheck } from "./RequiredRole.ts"

const params = { id: UserId }

export class AdminApi extends HttpApiGroup.make("admin")
  .add(
    HttpApiEndpoint.get("listUsers", "/users", { query: UserQuery, success: UserPage }).annotateMerge(
      documented({
        summary: "List accounts",
        description:
          "All accounts, newest first, or the one with an e-mail address. Shows how much each stores, never what."
      })
    ),
    HttpApiEndpoint.post("createUser", "/users", {
      payload: NewUser,
      success: AdminUser.pipe(HttpApiSchema.status(201)),
      error: [EmailTaken, WeakPassword, ...bodyProblems]
    }).annotateMerge(
      documented({
        summary: "Create an account",
        description: "Creates an account with any role and quota; by default `user` and the quota of this server."
      })
    ),
    HttpApiEndpoint.patch("changeUser", "/users/:id", {
      params,
      payload: UserChange,
      success: ChangedUser,
      error: [NotFound, LastAdmin, ...bodyProblems]
    }).annotateMerge(
      documented({
        summary: "Change an account",
        description:
          "Changes whether the account is active, its role or its quota; what is missing stays. Deactivation and a change of role end its sessions. The last active admin cannot be demoted or deactivated."
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
  .annotateMerge(OpenApi.annotations({ title: "Admin", description: "Accounts, for admins only." })) {}

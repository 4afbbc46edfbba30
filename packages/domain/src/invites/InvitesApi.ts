import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { Authentication } from "../auth/Authentication.ts"
import { RequiredRole, RoleCheck } from "../auth/Authorization.ts"
import { AccountRateLimit, IpRateLimit } from "../limits/RateLimitMiddleware.ts"
import { RateLimitPolicies } from "../limits/RateLimitPolicy.ts"
import { documented } from "../openapi/Operation.ts"
import { bodyProblems, NotFound } from "../Problem.ts"
import { EmailTaken, RegistrationClosed } from "../users/UserErrors.ts"
import { Invite, InviteId, InvitePage, InviteQuery, NewInvite } from "./Invite.ts"

export class InvitesApi extends HttpApiGroup.make("invites")
  .add(
    HttpApiEndpoint.get("list", "/", { query: InviteQuery, success: InvitePage }).annotateMerge(
      documented({ summary: "List invites", description: "One page of the invites that nobody has used yet." })
    ),
    HttpApiEndpoint.post("create", "/", {
      payload: NewInvite,
      success: Invite.pipe(HttpApiSchema.status(202)),
      error: [EmailTaken, RegistrationClosed, ...bodyProblems]
    }).annotateMerge(
      documented({
        summary: "Invite a person by mail",
        description:
          "The mail holds a link to a page of kite, `/invite#<token>`. Other clients send the token as `invite` to POST /api/auth/register. It works once, for 7 days and this e-mail address alone. A new invite replaces an older one."
      })
    ),
    HttpApiEndpoint.delete("revoke", "/:id", {
      params: { id: InviteId },
      success: HttpApiSchema.NoContent,
      error: NotFound
    }).annotateMerge(documented({ summary: "Revoke an invite", description: "The link in its mail stops to work." }))
  )
  .middleware(RoleCheck)
  .middleware(AccountRateLimit)
  .middleware(Authentication)
  .middleware(IpRateLimit)
  .annotate(RequiredRole, "admin")
  .annotate(RateLimitPolicies, ["account"])
  .prefix("/api/admin/invites")
  .annotateMerge(OpenApi.annotations({ title: "Invites", description: "Who may register, for admins" })) {}

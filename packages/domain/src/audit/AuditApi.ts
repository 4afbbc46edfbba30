import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { Authentication } from "../auth/Authentication.ts"
import { RequiredRole, RoleCheck } from "../auth/Authorization.ts"
import { AccountRateLimit, IpRateLimit } from "../limits/RateLimitMiddleware.ts"
import { RateLimitPolicies } from "../limits/RateLimitPolicy.ts"
import { AuditFilter, AuditPage, AuditQuery } from "./AuditQuery.ts"

export class AuditApi extends HttpApiGroup.make("audit")
  .add(
    HttpApiEndpoint.get("list", "/", { query: AuditQuery, success: AuditPage }).annotate(
      OpenApi.Summary,
      "List and search the audit log"
    ),
    HttpApiEndpoint.get("exportCsv", "/export.csv", {
      query: AuditFilter,
      success: HttpApiSchema.StreamUint8Array({ contentType: "text/csv" })
    }).annotate(OpenApi.Summary, "Export the audit log as CSV")
  )
  .middleware(RoleCheck)
  .middleware(AccountRateLimit)
  .middleware(Authentication)
  .middleware(IpRateLimit)
  .annotate(RequiredRole, "admin")
  .annotate(RateLimitPolicies, ["account"])
  .prefix("/api/admin/audit")
  .annotateMerge(OpenApi.annotations({ title: "Audit", description: "Who did what, for admins" })) {}

import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { Authentication } from "../auth/Authentication.ts"
import { RequiredRole, RoleCheck } from "../auth/Authorization.ts"
import { AccountRateLimit, IpRateLimit } from "../limits/RateLimitMiddleware.ts"
import { RateLimitPolicies } from "../limits/RateLimitPolicy.ts"
import { documented } from "../openapi/Operation.ts"
import type { Operation } from "../openapi/Specification.ts"
import { AuditFilter, AuditPage, AuditQuery } from "./AuditQuery.ts"

const csv = {
  schema: { type: "string" },
  example: "id,at,action,actorId,subjectType,subjectId,clientIp,correlationId,details\r\n"
}
const describeCsv = (operation: Operation): Operation => ({
  ...operation,
  responses: { ...operation.responses, 200: { description: "The entries", content: { "text/csv": csv } } }
})

export class AuditApi extends HttpApiGroup.make("audit")
  .add(
    HttpApiEndpoint.get("list", "/", { query: AuditQuery, success: AuditPage }).annotateMerge(
      documented({ summary: "Search the audit log", description: "Entries that match all filters, newest first." })
    ),
    HttpApiEndpoint.get("exportCsv", "/export.csv", {
      query: AuditFilter,
      success: HttpApiSchema.StreamUint8Array({ contentType: "text/csv" })
    }).annotateMerge(
      documented({
        summary: "Export the audit log as CSV",
        description:
          "All entries that match the filters, newest first, as CSV (RFC 4180) with a header line. The export is recorded itself.",
        headers: { 200: ["Content-Disposition"] },
        change: describeCsv
      })
    )
  )
  .middleware(RoleCheck)
  .middleware(AccountRateLimit)
  .middleware(Authentication)
  .middleware(IpRateLimit)
  .annotate(RequiredRole, "admin")
  .annotate(RateLimitPolicies, ["account"])
  .prefix("/api/admin/audit")
  .annotateMerge(OpenApi.annotations({ title: "Audit", description: "Who did what, for admins only." })) {}

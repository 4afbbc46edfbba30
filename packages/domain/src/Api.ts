import { HttpApi, HttpApiMiddleware, OpenApi } from "effect/http-api"
import { UsersApi } from "./admin/UsersApi.ts"
import { AuditApi } from "./audit/AuditApi.ts"
import { AuthApi } from "./auth/AuthApi.ts"
import { DocumentsApi } from "./documents/DocumentsApi.ts"
import { HealthApi } from "./health/HealthApi.ts"
import { InvitesApi } from "./invites/InvitesApi.ts"
import { InvalidRequest } from "./Problem.ts"

/** Turns a request that does not fit the contract into an InvalidRequest. */
export class RequestValidation extends HttpApiMiddleware.Service<RequestValidation>()(
  "@kite/domain/RequestValidation",
  { error: InvalidRequest }
) {}

/** The whole HTTP contract: server, OpenAPI page and typed clients are made from this one value. */
export class Api extends HttpApi.make("kite")
  .add(AuthApi)
  .add(DocumentsApi)
  .add(UsersApi)
  .add(InvitesApi)
  .add(AuditApi)
  .add(HealthApi)
  .middleware(RequestValidation)
  .annotate(HttpApi.ParseOptions, { errors: "all" })
  .annotateMerge(
    OpenApi.annotations({
      title: "kite",
      version: "0.1.0",
      description: "Documents in, text out. Errors are RFC 9457 problems whose `type` is stable."
    })
  ) {}

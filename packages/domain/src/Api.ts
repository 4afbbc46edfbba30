import { HttpApi, HttpApiMiddleware, OpenApi } from "effect/http-api"
import { AdminApi } from "./admin/AdminApi.ts"
import { AuditApi } from "./audit/AuditApi.ts"
import { AuthApi } from "./auth/AuthApi.ts"
import { DocumentsApi } from "./documents/DocumentsApi.ts"
import { HealthApi } from "./health/HealthApi.ts"
import { InternalError, InvalidRequest, Unavailable } from "./Problem.ts"

/** Turns a request that does not match the contract into InvalidRequest. */
export class RequestValidation extends HttpApiMiddleware.Service<RequestValidation>()(
  "@kite/domain/RequestValidation",
  { error: InvalidRequest }
) {}

/** Turns temporary failures of what the server depends on into Unavailable. Every other failure of the server is an InternalError. */
export class ServerFailures extends HttpApiMiddleware.Service<ServerFailures>()("@kite/domain/ServerFailures", {
  error: [InternalError, Unavailable]
}) {}

/** The whole HTTP contract: server, OpenAPI page and typed clients are made from this one value. */
export class Api extends HttpApi.make("kite")
  .add(AuthApi)
  .add(DocumentsApi)
  .add(AdminApi)
  .add(AuditApi)
  .add(HealthApi)
  .middleware(RequestValidation)
  .middleware(ServerFailures)
  .annotate(HttpApi.ParseOptions, { errors: "all" })
  .annotateMerge(
    OpenApi.annotations({
      title: "kite",
      version: "0.1.0",
      description: "Documents in, text out. Errors are RFC 9457 problems whose `type` is stable."
    })
  ) {}

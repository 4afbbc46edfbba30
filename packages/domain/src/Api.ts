import { HttpApi, HttpApiMiddleware, OpenApi } from "effect/http-api"
import { UsersApi } from "./admin/UsersApi.ts"
import { AuditApi } from "./audit/AuditApi.ts"
import { AuthApi } from "./auth/AuthApi.ts"
import { DocumentsApi } from "./documents/DocumentsApi.ts"
import { HealthApi } from "./health/HealthApi.ts"
import { InvitesApi } from "./invites/InvitesApi.ts"
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

const description = `Upload documents, search them, and read their text. PDFs, images (by OCR), DOCX and plain text are supported.

**Authentication.** Log in, and send the access token as \`Authorization: Bearer ...\`. It is valid for 15 minutes; \`POST /api/auth/refresh\` exchanges the refresh cookie for a new one. Endpoints that read or set the cookie check \`Origin\`: clients that are not browsers must send it to refresh and to log out.

**Requests** are read exactly: an unknown member of a JSON body, and an unknown query parameter of an operation that has some, is a 400 that names it.

**Errors** are problems (RFC 9457, \`application/problem+json\`). \`type\` is stable; \`correlationId\` finds the log lines of the request.

**Limits.** \`RateLimit\` and \`RateLimit-Policy\` tell what is left; after 429 or 503, wait for \`Retry-After\` seconds.

**Methods.** \`HEAD\` works wherever \`GET\` does. Other methods than those below are 405, with \`Allow\`.`
const contact = { name: "The operator of this server" }
/** As package.json: no licence is granted. */
const license = { name: "No licence granted", identifier: "LicenseRef-UNLICENSED" }

/**
 * A misspelt member or query parameter would be ignored without it: a change that changes nothing, a filter that lists everything.
 * Headers and endpoints without query parameters stay open.
 */
const exact = { errors: "all", onExcessProperty: "error" } as const

/** The whole HTTP contract: server, OpenAPI page and typed clients are made from this one value. */
export class Api extends HttpApi.make("kite")
  .add(AuthApi)
  .add(DocumentsApi)
  .add(UsersApi)
  .add(InvitesApi)
  .add(AuditApi)
  .add(HealthApi)
  .middleware(RequestValidation)
  .middleware(ServerFailures)
  .annotate(HttpApi.ParseOptions, { errors: "all" })
  .annotate(HttpApi.PayloadParseOptions, exact)
  .annotate(HttpApi.QueryParseOptions, exact)
  .annotateMerge(
    OpenApi.annotations({
      title: "kite",
      version: "0.1.0",
      description,
      transform: (specification) => ({ ...specification, info: { ...specification["info"], contact, license } })
    })
  ) {}

import { Api } from "@kite/domain/Api"
import { Effect, Layer } from "effect"
import { HttpRouter } from "effect/http"
import { HttpApiBuilder } from "effect/http-api"
import { AccountCreation } from "./admin/AccountCreation.ts"
import * as AdminHandlers from "./admin/AdminHandlers.ts"
import { Administration } from "./admin/Administration.ts"
import * as FirstAdmin from "./admin/FirstAdmin.ts"
import * as RoleChecking from "./admin/RoleChecking.ts"
import * as AuditHandlers from "./audit/AuditHandlers.ts"
import { AuditLog } from "./audit/AuditLog.ts"
import { AuditTrail } from "./audit/AuditTrail.ts"
import { AccessTokens } from "./auth/AccessTokens.ts"
import { Auth } from "./auth/Auth.ts"
import * as AuthHandlers from "./auth/AuthHandlers.ts"
import * as BearerAuthentication from "./auth/BearerAuthentication.ts"
import * as PasswordResetPage from "./auth/PasswordResetPage.ts"
import { Passwords } from "./auth/Passwords.ts"
import { Documents } from "./documents/Documents.ts"
import * as DocumentsHandlers from "./documents/DocumentsHandlers.ts"
import { Health } from "./health/Health.ts"
import * as HealthHandlers from "./health/HealthHandlers.ts"
import * as ApiDocs from "./http/ApiDocs.ts"
import { makeEdge } from "./http/Edge.ts"
import * as Listener from "./http/Listener.ts"
import * as MethodNotAllowed from "./http/MethodNotAllowed.ts"
import * as RequestValidation from "./http/RequestValidation.ts"
import * as ServerFailures from "./http/ServerFailures.ts"
import * as AccountRateLimiting from "./limits/AccountRateLimiting.ts"
import * as ConfiguredLimits from "./limits/ConfiguredLimits.ts"
import * as IpRateLimiting from "./limits/IpRateLimiting.ts"
import { RateLimitGate } from "./limits/RateLimitGate.ts"
import * as UnchargedRequests from "./limits/UnchargedRequests.ts"
import * as Metrics from "./observability/Metrics.ts"
import * as MetricsEndpoint from "./observability/MetricsEndpoint.ts"
import * as RouteTemplate from "./observability/RouteTemplate.ts"

const handlers = Layer.mergeAll(
  AuthHandlers.layer,
  DocumentsHandlers.layer,
  AdminHandlers.layer,
  AuditHandlers.layer,
  HealthHandlers.layer
).pipe(
  Layer.provide([BearerAuthentication.layer, RoleChecking.layer, RequestValidation.layer, ServerFailures.layer]),
  Layer.provide([IpRateLimiting.layer, AccountRateLimiting.layer]),
  Layer.provide([Auth.layer, Passwords.layer, AccessTokens.layer, Documents.layer]),
  Layer.provide([Administration.layer, AccountCreation.layer, AuditLog.layer, AuditTrail.layer])
)

const routes = Layer.mergeAll(
  HttpApiBuilder.layer(Api).pipe(Layer.provide(handlers)),
  ApiDocs.layer,
  PasswordResetPage.layer,
  MetricsEndpoint.layer,
  MethodNotAllowed.layer
).pipe(Layer.provide(RouteTemplate.layer), Layer.merge(UnchargedRequests.layer), Layer.provide(RateLimitGate.layer))

/** The HTTP server of kite: every route, and around them what each request passes through. */
export const layer = Health.stopFirst.pipe(
  Layer.provideMerge(
    Layer.unwrap(Effect.map(makeEdge, (middleware) => HttpRouter.serve(routes, { disableLogger: true, middleware })))
  ),
  Layer.merge(Metrics.layer),
  Layer.provide(Health.layer),
  Layer.provide([ConfiguredLimits.layer, FirstAdmin.layer]),
  Layer.provideMerge(Listener.layer)
)

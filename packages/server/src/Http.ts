import * as RefusalSampling from "@kite/adapters/logging/RefusalSampling"
import { Api } from "@kite/domain/Api"
import { Effect, Layer } from "effect"
import { HttpRouter } from "effect/http"
import { HttpApiBuilder } from "effect/http-api"
import * as FirstAdmin from "./admin/FirstAdmin.ts"
import * as UsersHandlers from "./admin/UsersHandlers.ts"
import * as AuditHandlers from "./audit/AuditHandlers.ts"
import * as Refusals from "./audit/Refusals.ts"
import * as Authentication from "./auth/Authentication.ts"
import * as AuthHandlers from "./auth/AuthHandlers.ts"
import * as Authorization from "./auth/Authorization.ts"
import * as PresentedCredentials from "./auth/PresentedCredentials.ts"
import * as PasswordResetPage from "./auth/passwords/PasswordResetPage.ts"
import { Documents } from "./documents/Documents.ts"
import * as DocumentsHandlers from "./documents/DocumentsHandlers.ts"
import { DocumentWaits } from "./documents/DocumentWaits.ts"
import { Transfers } from "./documents/Transfers.ts"
import { Uploads } from "./documents/Uploads.ts"
import { Health } from "./health/Health.ts"
import * as HealthHandlers from "./health/HealthHandlers.ts"
import * as ApiDocs from "./http/ApiDocs.ts"
import { makeEdge } from "./http/Edge.ts"
import * as ExactPaths from "./http/ExactPaths.ts"
import * as Listener from "./http/Listener.ts"
import * as MethodNotAllowed from "./http/MethodNotAllowed.ts"
import * as RequestValidation from "./http/RequestValidation.ts"
import * as ServerFailures from "./http/ServerFailures.ts"
import * as InvitePage from "./invites/InvitePage.ts"
import * as InvitesHandlers from "./invites/InvitesHandlers.ts"
import { RateLimitGate } from "./limits/RateLimitGate.ts"
import * as RateLimitMiddleware from "./limits/RateLimitMiddleware.ts"
import * as Metrics from "./observability/Metrics.ts"
import * as MetricsListener from "./observability/MetricsListener.ts"
import * as RequestScope from "./observability/RequestScope.ts"
import * as EmailProofPage from "./users/EmailProofPage.ts"

const handlers = Layer.mergeAll(
  AuthHandlers.layer,
  DocumentsHandlers.layer,
  UsersHandlers.layer,
  InvitesHandlers.layer,
  AuditHandlers.layer,
  HealthHandlers.layer
).pipe(
  Layer.provide([Authentication.layer, Authorization.layer, RequestValidation.layer, ServerFailures.layer]),
  Layer.provide(RateLimitMiddleware.layer),
  Layer.provide(PresentedCredentials.layer),
  Layer.provide([Documents.layer, Uploads.layer, Transfers.layer])
)

const routes = Layer.mergeAll(
  HttpApiBuilder.layer(Api).pipe(Layer.provide(handlers)),
  ApiDocs.layer,
  PasswordResetPage.layer,
  InvitePage.layer,
  EmailProofPage.layer,
  MethodNotAllowed.layer
).pipe(
  Layer.provide([RequestScope.layerRoute, ExactPaths.layer]),
  Layer.merge(RateLimitMiddleware.layerUncharged),
  Layer.merge(Refusals.layer),
  Layer.provide(RateLimitGate.layer)
)

/** The HTTP server of kite: every route, and around them what each request passes through. */
export const layer = Layer.merge(Health.stopFirst, DocumentWaits.stopFirst).pipe(
  Layer.provideMerge(
    Layer.unwrap(
      Effect.map(makeEdge, (middleware) =>
        HttpRouter.serve(routes, { disableLogger: true, middleware, routerConfig: ExactPaths.routerConfig })
      )
    )
  ),
  Layer.merge([Metrics.layer, MetricsListener.layerServer]),
  Layer.provide([Health.layer, DocumentWaits.layer]),
  Layer.provide(FirstAdmin.layer),
  Layer.provideMerge(Listener.layer),
  Layer.provide(RefusalSampling.layer)
)

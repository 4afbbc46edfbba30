import { createServer } from "node:http"
import { NodeHttpServer } from "@effect/platform-node"
import { Settings } from "@kite/adapters/settings/Settings"
import { Api } from "@kite/domain/Api"
import { ByteSize, Effect, Layer } from "effect"
import { HttpIncomingMessage, HttpRouter, type HttpServerResponse } from "effect/http"
import { HttpApiBuilder, HttpApiScalar } from "effect/http-api"
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
import * as MethodNotAllowed from "./http/MethodNotAllowed.ts"
import { renderProblems } from "./http/Problems.ts"
import * as RequestValidationLayer from "./http/RequestValidationLayer.ts"
import { makeSecurityHeaders } from "./http/SecurityHeaders.ts"

/** Of a JSON body; uploads have their own bound. */
const maxBodySize = ByteSize.kibibytes(64)

const handlers = Layer.mergeAll(AuthHandlers.layer, DocumentsHandlers.layer, HealthHandlers.layer).pipe(
  Layer.provide([BearerAuthentication.layer, RequestValidationLayer.layer]),
  Layer.provide([Auth.layer, Passwords.layer, AccessTokens.layer, Documents.layer, Health.layer])
)

const routes = Layer.mergeAll(
  HttpApiBuilder.layer(Api, { openapiPath: "/openapi.json" }).pipe(Layer.provide(handlers)),
  HttpApiScalar.layer(Api, { path: "/docs" }),
  PasswordResetPage.layer,
  MethodNotAllowed.layer
)

/** A slow or silent client costs a socket for these times and no longer (Node answers 408). */
const listen = Effect.map(Settings, ({ PORT, HOST, SHUTDOWN_GRACE }) =>
  NodeHttpServer.layer(
    () =>
      createServer({
        headersTimeout: 10_000,
        requestTimeout: 300_000,
        keepAliveTimeout: 65_000,
        maxHeaderSize: 16_384
      }),
    { port: PORT, host: HOST, gracefulShutdownTimeout: SHUTDOWN_GRACE }
  )
)

/** The HTTP server of kite: every route, and around them what each request passes through, outermost last. */
export const layer = Layer.unwrap(
  Effect.gen(function* () {
    const securityHeaders = yield* makeSecurityHeaders
    const middleware = <E, R>(app: Effect.Effect<HttpServerResponse.HttpServerResponse, E, R>) =>
      app.pipe(Effect.provideService(HttpIncomingMessage.MaxBodySize, maxBodySize), renderProblems, securityHeaders)
    return HttpRouter.serve(routes, { disableLogger: true, middleware })
  })
).pipe(Layer.provideMerge(Layer.unwrap(listen)))

import { createServer } from "node:http"
import { NodeHttpServer } from "@effect/platform-node"
import { ClientIp } from "@kite/adapters/logging/RequestContext"
import { Unauthenticated } from "@kite/domain/auth/AuthErrors"
import { Authentication } from "@kite/domain/auth/Authentication"
import { CurrentUser } from "@kite/domain/auth/CurrentUser"
import { UserId } from "@kite/domain/auth/User"
import { AccountRateLimit } from "@kite/domain/limits/AccountRateLimit"
import { IpRateLimit } from "@kite/domain/limits/IpRateLimit"
import { defaultRateLimits, RateLimitPolicies, RateLimits } from "@kite/domain/limits/RateLimitPolicy"
import { TrustedProxies } from "@kite/domain/network/TrustedProxies"
import { Context, Effect, Layer, Option, Redacted, Schema } from "effect"
import { HttpRouter, HttpServer, HttpServerRequest, type HttpServerResponse } from "effect/http"
import { HttpApi, HttpApiBuilder, HttpApiEndpoint, HttpApiGroup } from "effect/http-api"
import * as AccountRateLimiting from "../../src/limits/AccountRateLimiting.ts"
import { RateLimiter } from "../../src/limits/RateLimiter.ts"
import { RateLimitGate } from "../../src/limits/RateLimitGate.ts"
import * as IpRateLimiting from "../../src/limits/RateLimitMiddleware.ts"
import * as UnchargedRequests from "../../src/limits/UnchargedRequests.ts"
import { type ProxySettings, requestClientIp } from "../../src/network/RequestClientIp.ts"

class TestApi extends HttpApi.make("test").add(
  HttpApiGroup.make("test", { topLevel: true })
    .add(
      HttpApiEndpoint.post("login", "/login", {
        payload: Schema.Struct({ email: Schema.String }),
        success: Schema.String
      }).annotate(RateLimitPolicies, ["auth-ip", "login-account"]),
      HttpApiEndpoint.get("documents", "/documents", { success: Schema.String })
        .annotate(RateLimitPolicies, ["account"])
        .middleware(AccountRateLimit)
        .middleware(Authentication),
      HttpApiEndpoint.get("ip", "/ip", { success: Schema.String }),
      HttpApiEndpoint.get("live", "/live", { success: Schema.String }).annotate(RateLimitPolicies, [])
    )
    .middleware(IpRateLimit)
) {}

const handlers = HttpApiBuilder.group(TestApi, "test", (handlers) =>
  handlers.handleAll({
    login: ({ payload }) => Effect.succeed(payload.email),
    documents: () => Effect.map(CurrentUser, ({ id }) => id),
    ip: () => Effect.map(ClientIp, (ip) => ip ?? "unknown"),
    live: () => Effect.succeed("ok")
  })
)

/** The token of an account is its id. */
const authentication = Layer.succeed(Authentication, {
  bearer: (httpEffect, { credential }) =>
    Option.match(Schema.decodeUnknownOption(UserId)(Redacted.value(credential)), {
      onNone: () => Effect.fail(new Unauthenticated({})),
      onSome: (id) => Effect.provideService(httpEffect, CurrentUser, { id, role: "user", sessionId: id })
    })
})

const small = { limit: 3, windowMs: 60_000 }
export const limits = {
  ...defaultRateLimits,
  "auth-ip": { ...small, limit: 5 },
  "login-account": small,
  account: small,
  ip: small
}

const middleware =
  (proxies: ProxySettings) =>
  <E, R>(app: Effect.Effect<HttpServerResponse.HttpServerResponse, E, R>) =>
    Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) =>
      Effect.provideService(app, ClientIp, requestClientIp(request, proxies))
    )

/**
 * A server with an endpoint for each way of being limited, on every address of loopback. 127.0.0.2 is its trusted proxy; a client that
 * connects from elsewhere is a stranger.
 */
export class LimitedServer extends Context.Service<LimitedServer, { readonly port: number }>()(
  "@kite/server/test/limits/LimitedServer"
) {
  static readonly layerWith = <E>(
    limiter: Layer.Layer<RateLimiter, E>,
    proxies: ProxySettings = { trusted: TrustedProxies.parse(["127.0.0.2"]) }
  ) => {
    const gate = RateLimitGate.layer.pipe(Layer.provide([limiter, Layer.succeed(RateLimits, limits)]))
    const api = HttpApiBuilder.layer(TestApi).pipe(
      Layer.provide(handlers),
      Layer.provide([AccountRateLimiting.layer, IpRateLimiting.layer, authentication])
    )
    const routes = Layer.mergeAll(api, UnchargedRequests.layer).pipe(Layer.provide(gate))
    const serve = HttpRouter.serve(routes, {
      disableLogger: true,
      disableListenLog: true,
      middleware: middleware(proxies)
    })
    const port = Effect.map(HttpServer.HttpServer, ({ address }) => ("port" in address ? address.port : 0))
    return Layer.effect(
      LimitedServer,
      Effect.map(port, (port) => LimitedServer.of({ port }))
    ).pipe(
      Layer.provide(serve),
      Layer.provide(NodeHttpServer.layer(() => createServer(), { port: 0, host: "127.0.0.1" })),
      Layer.orDie
    )
  }

  static readonly layer = LimitedServer.layerWith(RateLimiter.layerMemory)
}

import { createServer } from "node:http"
import { NodeHttpServer } from "@effect/platform-node"
import { ClientIp } from "@kite/adapters/logging/RequestContext"
import { Settings } from "@kite/adapters/settings/Settings"
import { InvalidCredentials, Unauthenticated } from "@kite/domain/auth/AuthErrors"
import { Authentication } from "@kite/domain/auth/Authentication"
import { PasswordAttempt } from "@kite/domain/auth/Password"
import { AccountRateLimit, IpRateLimit } from "@kite/domain/limits/RateLimitMiddleware"
import { RateLimitPolicies } from "@kite/domain/limits/RateLimitPolicy"
import { TrustedProxies } from "@kite/domain/network/TrustedProxies"
import { Email } from "@kite/domain/users/Email"
import { CurrentUser, UserId } from "@kite/domain/users/User"
import { Context, Effect, Layer, Option, Redacted, Schema } from "effect"
import { HttpRouter, HttpServer, HttpServerRequest, type HttpServerResponse } from "effect/http"
import { HttpApi, HttpApiBuilder, HttpApiEndpoint, HttpApiGroup } from "effect/http-api"
import * as PresentedCredentials from "../../src/auth/PresentedCredentials.ts"
import { RateLimiter } from "../../src/limits/RateLimiter.ts"
import { RateLimitGate } from "../../src/limits/RateLimitGate.ts"
import * as RateLimitMiddleware from "../../src/limits/RateLimitMiddleware.ts"
import { type ProxySettings, requestClientIp } from "../../src/network/RequestClientIp.ts"

class TestApi extends HttpApi.make("test").add(
  HttpApiGroup.make("test", { topLevel: true })
    .add(
      HttpApiEndpoint.post("login", "/login", {
        payload: Schema.Struct({ email: Email, password: PasswordAttempt }),
        success: Schema.String,
        error: InvalidCredentials
      }).annotate(RateLimitPolicies, ["auth-ip", "login-account", "login-device"]),
      HttpApiEndpoint.get("documents", "/documents", { success: Schema.String })
        .annotate(RateLimitPolicies, ["account"])
        .middleware(AccountRateLimit)
        .middleware(Authentication),
      HttpApiEndpoint.get("ip", "/ip", { success: Schema.String }),
      HttpApiEndpoint.get("live", "/live", { success: Schema.String }).annotate(RateLimitPolicies, [])
    )
    .middleware(IpRateLimit)
) {}

/** The password of every account. */
export const rightPassword = "right"

const handlers = HttpApiBuilder.group(TestApi, "test", (handlers) =>
  handlers.handleAll({
    login: ({ payload: { email, password } }) =>
      Redacted.value(password) === rightPassword ? Effect.succeed(email) : Effect.fail(new InvalidCredentials({})),
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

/** How many requests each policy but `auth-ip` admits in a minute. */
export const limit = 3

const settings = Settings.layerOf({
  TOKEN_SECRET: "a secret of the tests, and of nobody else",
  RATE_LIMIT_AUTH_IP: "5/1m",
  RATE_LIMIT_LOGIN_ACCOUNT: `${limit}/1m`,
  RATE_LIMIT_ACCOUNT: `${limit}/1m`,
  RATE_LIMIT_IP: `${limit}/1m`
})

const middleware =
  (proxies: ProxySettings) =>
  <E, R>(app: Effect.Effect<HttpServerResponse.HttpServerResponse, E, R>) =>
    Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) =>
      Effect.provideService(app, ClientIp, requestClientIp(request, proxies))
    )

/**
 * A server on loopback with an endpoint for each kind of limit. 127.0.0.2 is its trusted proxy; every other peer is untrusted.
 */
export class LimitedServer extends Context.Service<LimitedServer, { readonly port: number }>()(
  "@kite/server/test/limits/LimitedServer"
) {
  static readonly layerWith = <E>(
    limiter: Layer.Layer<RateLimiter, E>,
    proxies: ProxySettings = { trusted: TrustedProxies.parse(["127.0.0.2"]) }
  ) => {
    const gate = RateLimitGate.layer.pipe(Layer.provide([limiter, settings]))
    const api = HttpApiBuilder.layer(TestApi).pipe(
      Layer.provide(handlers),
      Layer.provide([RateLimitMiddleware.layer, authentication]),
      Layer.provide(PresentedCredentials.layer),
      Layer.provide(settings)
    )
    const routes = Layer.mergeAll(api, RateLimitMiddleware.layerUncharged).pipe(Layer.provide(gate))
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

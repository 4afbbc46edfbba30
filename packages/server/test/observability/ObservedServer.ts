import { createServer, type ServerOptions } from "node:http"
import { NodeHttpServer } from "@effect/platform-node"
import type { LogLine } from "@kite/adapters/logging/LogLine"
import { makeClientErrors } from "@kite/server/observability/ClientErrors"
import { layerRoute, makeRequestScope } from "@kite/server/observability/RequestScope"
import { LogCapture } from "@kite/testkit/logging/LogCapture"
import { ByteSize, Context, Effect, Layer, Option } from "effect"
import { HttpIncomingMessage, HttpRouter, HttpServer, type HttpServerError } from "effect/http"

const requestScope = makeRequestScope({
  clientIp: (request) => Option.getOrUndefined(request.remoteAddress),
  isTrusted: (request) => request.headers["x-peer"] === "trusted"
})

type Routes = Layer.Layer<
  never,
  never,
  HttpRouter.HttpRouter | HttpRouter.Request<"Error", HttpServerError.HttpServerError>
>

/** A server on loopback with kite's edge and the test's own routes, and what it logged. */
export class ObservedServer extends Context.Service<
  ObservedServer,
  {
    readonly url: string
    readonly capture: LogCapture
    readonly call: (path: string, init?: RequestInit) => Effect.Effect<Response>
    /** The access line that matches. It is written just after the response. */
    readonly accessLine: (matches: (line: LogLine) => boolean) => Effect.Effect<LogLine>
    readonly lineOf: (response: Response) => Effect.Effect<LogLine>
  }
>()("@kite/test/ObservedServer") {
  static readonly layer = (routes: Routes, options: ServerOptions = {}) => {
    const capture = new LogCapture()
    const listening = Layer.unwrap(
      Effect.map(makeClientErrors, (onClientError) =>
        NodeHttpServer.layer(() => createServer(options).on("clientError", onClientError), {
          port: 0,
          host: "127.0.0.1",
          gracefulShutdownTimeout: "1 second"
        })
      )
    )
    return Layer.effect(
      ObservedServer,
      HttpServer.addressFormattedWith((url) => Effect.succeed(observe(url, capture)))
    ).pipe(
      Layer.merge(
        HttpRouter.serve(Layer.provide(routes, layerRoute), {
          disableLogger: true,
          disableListenLog: true,
          middleware: (app) =>
            app.pipe(Effect.provideService(HttpIncomingMessage.MaxBodySize, ByteSize.kibibytes(1)), requestScope)
        })
      ),
      Layer.provide(listening),
      Layer.provide(capture.layer)
    )
  }
}

export const idOf = (response: Response) => response.headers.get("x-correlation-id") ?? ""

const observe = (url: string, capture: LogCapture): ObservedServer["Service"] => {
  const accessLine = Effect.fnUntraced(
    function* (matches: (line: LogLine) => boolean) {
      for (;;) {
        const line = capture.parsed.find((it) => it.event === "http_request" && matches(it))
        if (line !== undefined) return line
        yield* Effect.sleep("5 millis")
      }
    },
    Effect.timeout("5 seconds"),
    Effect.orDie
  )
  return {
    url,
    capture,
    accessLine,
    call: (path, init) => Effect.promise((signal) => fetch(url + path, { signal, ...init })),
    lineOf: (response) => accessLine((line) => line.correlation_id === idOf(response))
  }
}

import { randomUUID } from "node:crypto"
import { createServer, get } from "node:http"
import { connect } from "node:net"
import { NodeHttpServer } from "@effect/platform-node"
import { assert, layer } from "@effect/vitest"
import { CorrelationId, withUser } from "@kite/adapters/logging/RequestContext"
import { makeClientErrors } from "@kite/server/observability/ClientErrors"
import * as MetricsEndpoint from "@kite/server/observability/MetricsEndpoint"
import { makeRequestScope } from "@kite/server/observability/RequestScope"
import * as RouteTemplate from "@kite/server/observability/RouteTemplate"
import { ByteSize, Context, Deferred, Effect, Fiber, Layer, Option, Stream } from "effect"
import { HttpIncomingMessage, HttpRouter, HttpServer, type HttpServerRequest, HttpServerResponse } from "effect/http"
import { LogCapture } from "../../../adapters/test/logging/LogCapture.ts"

const capture = new LogCapture()
const started = Deferred.makeUnsafe<void>()
const user = "0190e5d2-7a3c-7b1e-8f00-aaaaaaaaaaaa"

const routes = Layer.mergeAll(
  HttpRouter.add("GET", "/hello/:name", Effect.as(Effect.logInfo("Saying hello"), HttpServerResponse.text("hello"))),
  HttpRouter.add("GET", "/me", HttpServerResponse.text("you").pipe(Effect.succeed, withUser(user))),
  HttpRouter.add("GET", "/refused", HttpServerResponse.empty({ status: 429 })),
  HttpRouter.add("GET", "/defect", Effect.die(new TypeError("a bug"))),
  HttpRouter.add("GET", "/unwritable", HttpServerResponse.text("x", { headers: { "x-bad": "a\nb" } })),
  HttpRouter.add("GET", "/never", Effect.andThen(Deferred.succeed(started, undefined), Effect.never)),
  HttpRouter.add(
    "GET",
    "/endless",
    HttpServerResponse.stream(Stream.forever(Stream.make(new Uint8Array(1_000).fill(65))))
  ),
  HttpRouter.add("POST", "/echo", (request) => Effect.map(request.text, (text) => HttpServerResponse.text(text))),
  HttpRouter.add(
    "GET",
    "/id",
    Effect.gen(function* () {
      yield* Effect.logInfo("before")
      yield* Effect.sleep("2 millis")
      yield* Fiber.join(yield* Effect.forkDetach(Effect.logInfo("forked")))
      return HttpServerResponse.text(yield* CorrelationId)
    })
  ),
  MetricsEndpoint.layer
).pipe(Layer.provide(RouteTemplate.layer))

class Url extends Context.Service<Url, string>()("test/Url") {}

const peerHeader = (request: HttpServerRequest.HttpServerRequest) => request.headers["x-peer"]
const requestScope = makeRequestScope({
  clientIp: (request) => Option.getOrUndefined(request.remoteAddress),
  isTrusted: (request) => peerHeader(request) === "trusted"
})

const server = Layer.unwrap(
  Effect.map(makeClientErrors, (onClientError) =>
    NodeHttpServer.layer(() => createServer({ maxHeaderSize: 4_096 }).on("clientError", onClientError), {
      port: 0,
      host: "127.0.0.1",
      gracefulShutdownTimeout: "1 second"
    })
  )
)

const TestServer = Layer.effect(Url, HttpServer.addressFormattedWith(Effect.succeed)).pipe(
  Layer.merge(
    HttpRouter.serve(routes, {
      disableLogger: true,
      disableListenLog: true,
      middleware: (app) =>
        app.pipe(Effect.provideService(HttpIncomingMessage.MaxBodySize, ByteSize.kibibytes(1)), requestScope)
    })
  ),
  Layer.provide(server),
  Layer.provide(capture.layer)
)

const call = (path: string, init?: RequestInit) =>
  Effect.flatMap(Url, (url) => Effect.promise((signal) => fetch(url + path, { signal, ...init })))
const idOf = (response: Response) => response.headers.get("x-correlation-id") ?? ""

/** The access line of a request: written just after the response has been. */
const accessLine = Effect.fnUntraced(
  function* (matches: (line: (typeof capture.parsed)[number]) => boolean) {
    for (;;) {
      const line = capture.parsed.find((it) => it.event === "http_request" && matches(it))
      if (line !== undefined) return line
      yield* Effect.sleep("5 millis")
    }
  },
  Effect.timeout("5 seconds"),
  Effect.orDie
)
const lineOf = (response: Response) => accessLine((line) => line.correlation_id === idOf(response))

layer(TestServer, { excludeTestServices: true })("the request scope", (it) => {
  it.effect("logs each request once, with its template, status, size and time", () =>
    Effect.gen(function* () {
      const response = yield* call("/hello/alice?token=s3cretvalue")
      const line = yield* lineOf(response)
      assert.deepInclude(line, {
        level: "info",
        status: 200,
        method: "GET",
        path: "/hello/alice",
        route: "/hello/:name"
      })
      assert.strictEqual(line.client_ip, "127.0.0.1")
      assert.isAbove(line.latency_ms ?? 0, 0)
      assert.isAbove(line.bytes ?? 0, "hello".length)
      const all = capture.parsed.filter((it) => it.correlation_id === idOf(response))
      assert.deepStrictEqual(
        all.map((it) => it.message),
        ["Saying hello", "GET /hello/:name 200"]
      )
      assert.strictEqual(all[0]?.route, "/hello/:name")
      assert.isFalse(capture.lines.some((it) => it.includes("s3cretvalue")))
    })
  )

  it.effect("knows who it was, though that was found further in", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* lineOf(yield* call("/me"))).user_id, user)
    })
  )

  it.effect.each([
    { path: "/nowhere", status: 404, level: "info" as const, body: undefined },
    { path: "/refused", status: 429, level: "info" as const, body: undefined },
    { path: "/defect", status: 500, level: "error" as const, body: undefined },
    { path: "/unwritable", status: 500, level: "error" as const, body: undefined },
    { path: "/echo", status: 413, level: "info" as const, body: "x".repeat(2_000) }
  ])("answers $path with $status and a correlation id, and logs it", ({ path, status, level, body }) =>
    Effect.gen(function* () {
      const response = yield* call(path, body === undefined ? {} : { method: "POST", body })
      assert.strictEqual(response.status, status)
      assert.match(idOf(response), /^[0-9a-f-]{36}$/)
      assert.deepInclude(yield* lineOf(response), { status, level, path })
    })
  )

  it.effect("tells why it answered 500, in the log alone", () =>
    Effect.gen(function* () {
      const response = yield* call("/defect")
      const { error } = yield* lineOf(response)
      assert.deepInclude(error, { type: "TypeError", message: "a bug" })
      assert.include(error?.stack ?? "", "RequestScope.test.ts")
      assert.notInclude(yield* Effect.promise(() => response.text()), "a bug")
    })
  )

  it.effect("takes a UUID from a trusted peer, and nothing else from nobody else", () =>
    Effect.gen(function* () {
      const id = randomUUID()
      const send = (peer: string, given: string) =>
        Effect.map(call("/id", { headers: { "x-peer": peer, "x-correlation-id": given } }), idOf)
      assert.strictEqual(yield* send("trusted", id), id)
      assert.strictEqual(yield* send("trusted", id.toUpperCase()), id)
      assert.notStrictEqual(yield* send("somebody", id), id)
      for (const forged of ["", "x", `${id}0`, "00000000-0000-0000-0000-000000000000", `${id.slice(0, 35)}"`]) {
        const own = yield* send("trusted", forged)
        assert.notStrictEqual(own, forged)
        assert.match(own, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
      }
    })
  )

  it.effect("never mixes the ids of 200 requests at once", () =>
    Effect.gen(function* () {
      const ids = yield* Effect.forEach(
        Array.from({ length: 200 }),
        () =>
          Effect.gen(function* () {
            const response = yield* call("/id")
            assert.strictEqual(yield* Effect.promise(() => response.text()), idOf(response))
            yield* lineOf(response)
            return idOf(response)
          }),
        { concurrency: "unbounded" }
      )
      assert.strictEqual(new Set(ids).size, 200)
      for (const id of ids) {
        const said = capture.parsed.filter((line) => line.correlation_id === id).map((line) => line.message)
        assert.sameMembers(said, ["before", "forked", "GET /id 200"])
      }
    })
  )

  it.effect("logs 499 for a client that goes away before its answer", () =>
    Effect.gen(function* () {
      const url = yield* Url
      const request = get(`${url}/never`).on("error", () => {})
      yield* Deferred.await(started)
      request.destroy()
      assert.deepInclude(yield* accessLine((it) => it.path === "/never"), { status: 499, aborted: true, level: "info" })
    })
  )

  it.effect("logs what was sent to a client that goes away in the middle", () =>
    Effect.gen(function* () {
      const url = yield* Url
      get(`${url}/endless`, (response) => response.once("data", () => response.destroy())).on("error", () => {})
      const line = yield* accessLine((it) => it.path === "/endless")
      assert.deepInclude(line, { status: 200, aborted: true })
      assert.isAbove(line.bytes ?? 0, 1_000)
    })
  )

  it.effect.each([
    { what: "no HTTP at all", text: "hello there\r\n\r\n", status: 400 },
    {
      what: "headers beyond the limit",
      text: `GET / HTTP/1.1\r\nhost: a\r\nx: ${"y".repeat(9_000)}\r\n\r\n`,
      status: 431
    }
  ])("answers and logs $what", ({ text, status }) =>
    Effect.gen(function* () {
      const { port } = new URL(yield* Url)
      const answer = yield* Effect.callback<string>((resume) => {
        let heard = ""
        const socket = connect(Number(port), "127.0.0.1", () => socket.write(text))
        socket.setEncoding("utf8").on("data", (chunk) => {
          heard += chunk
        })
        socket.on("close", () => resume(Effect.succeed(heard)))
      })
      const [head = "", body = ""] = answer.split("\r\n\r\n")
      assert.isTrue(head.startsWith(`HTTP/1.1 ${status} `), answer)
      const { correlationId, type } = JSON.parse(body)
      assert.include(head, `x-correlation-id: ${correlationId}`)
      assert.match(type, /^urn:kite:problem:/)
      assert.deepInclude(yield* accessLine((it) => it.correlation_id === correlationId), { status })
    })
  )

  it.effect("answers 408 to a body that comes too slowly, under the id of the request", () =>
    Effect.gen(function* () {
      const httpServer = createServer({ requestTimeout: 50, connectionsCheckingInterval: 20 })
      const slow = Layer.effect(Url, HttpServer.addressFormattedWith(Effect.succeed)).pipe(
        Layer.merge(
          HttpRouter.serve(routes, { disableLogger: true, disableListenLog: true, middleware: requestScope })
        ),
        Layer.provide(
          Layer.unwrap(
            Effect.map(makeClientErrors, (listener) =>
              NodeHttpServer.layer(() => httpServer.on("clientError", listener), { port: 0, host: "127.0.0.1" })
            )
          )
        ),
        Layer.provide(capture.layer)
      )
      yield* Effect.gen(function* () {
        const { port } = new URL(yield* Url)
        const answer = yield* Effect.callback<string>((resume) => {
          const socket = connect(Number(port), "127.0.0.1", () =>
            socket.write("POST /echo HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\nslow")
          )
          socket.on("data", (chunk) => resume(Effect.succeed(String(chunk))))
        })
        assert.isTrue(answer.startsWith("HTTP/1.1 408 "), answer)
        const id = /x-correlation-id: (\S+)/.exec(answer)?.[1]
        assert.deepInclude(yield* accessLine((it) => it.correlation_id === id), { status: 408, path: "/echo" })
      }).pipe(Effect.provide(Layer.fresh(slow)))
    })
  )

  it.effect("shows requests by route and status, and their times, at /metrics", () =>
    Effect.gen(function* () {
      yield* lineOf(yield* call("/hello/bob"))
      const response = yield* call("/metrics")
      const text = yield* Effect.promise(() => response.text())
      assert.match(text, /^kite_http_requests_total\{method="GET",route="\/hello\/:name",status="200"\} [1-9]/m)
      assert.match(text, /^kite_http_requests_total\{method="GET",route="unmatched",status="404"\} 1$/m)
      assert.match(
        text,
        /^kite_http_request_duration_seconds_bucket\{method="GET",route="\/hello\/:name",le="0.1"\} \d/m
      )
      assert.notInclude(text, "/hello/bob")
    })
  )
})

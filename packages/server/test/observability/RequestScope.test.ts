import { randomUUID } from "node:crypto"
import { get } from "node:http"
import { assert } from "@effect/vitest"
import { CorrelationId, withUser } from "@kite/adapters/logging/RequestContext"
import { layerEndpoint } from "@kite/server/observability/MetricsListener"
import { suite } from "@kite/testkit/Suite"
import { Deferred, Effect, Fiber, Layer, Stream } from "effect"
import { HttpRouter, HttpServerResponse } from "effect/http"
import { idOf, ObservedServer } from "./ObservedServer.ts"

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
  layerEndpoint
)

suite(ObservedServer.layer(routes))("the request scope", (it) => {
  it.effect("logs each request once, with its template, status, size and time", () =>
    Effect.gen(function* () {
      const { call, lineOf, capture } = yield* ObservedServer
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

  it.effect("logs the user, although authentication comes after the scope begins", () =>
    Effect.gen(function* () {
      const { call, lineOf } = yield* ObservedServer
      assert.strictEqual((yield* lineOf(yield* call("/me"))).user_id, user)
    })
  )

  it.effect.each([
    { path: "/nowhere", status: 404, level: "info" as const, body: undefined },
    { path: "/refused", status: 429, level: "info" as const, body: undefined },
    { path: "/defect", status: 500, level: "error" as const, body: undefined },
    { path: "/unwritable", status: 500, level: "error" as const, body: undefined },
    { path: "/echo", status: 413, level: "info" as const, body: "x".repeat(2_000) }
  ])("returns $status with a correlation id for $path, and logs it", ({ path, status, level, body }) =>
    Effect.gen(function* () {
      const { call, lineOf } = yield* ObservedServer
      const response = yield* call(path, body === undefined ? {} : { method: "POST", body })
      assert.strictEqual(response.status, status)
      assert.match(idOf(response), /^[0-9a-f-]{36}$/)
      assert.deepInclude(yield* lineOf(response), { status, level, path })
    })
  )

  it.effect("logs the cause of a 500, and does not send it", () =>
    Effect.gen(function* () {
      const { call, lineOf } = yield* ObservedServer
      const response = yield* call("/defect")
      const { error } = yield* lineOf(response)
      assert.deepInclude(error, { type: "TypeError", message: "a bug" })
      assert.include(error?.stack ?? "", "RequestScope.test.ts")
      assert.notInclude(yield* Effect.promise(() => response.text()), "a bug")
    })
  )

  it.effect("accepts only a UUID, and only from a trusted peer", () =>
    Effect.gen(function* () {
      const { call } = yield* ObservedServer
      const id = randomUUID()
      const send = (peer: string, given: string) =>
        Effect.map(call("/id", { headers: { "x-peer": peer, "x-correlation-id": given } }), idOf)
      assert.strictEqual(yield* send("trusted", id), id)
      assert.strictEqual(yield* send("trusted", id.toUpperCase()), id)
      assert.notStrictEqual(yield* send("untrusted", id), id)
      for (const forged of ["", "x", `${id}0`, "00000000-0000-0000-0000-000000000000", `${id.slice(0, 35)}"`]) {
        const own = yield* send("trusted", forged)
        assert.notStrictEqual(own, forged)
        assert.match(own, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
      }
    })
  )

  it.effect("never mixes up the ids of 200 concurrent requests", () =>
    Effect.gen(function* () {
      const { call, lineOf, capture } = yield* ObservedServer
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

  it.effect("logs 499 for a client that disconnects before the response", () =>
    Effect.gen(function* () {
      const { url, accessLine } = yield* ObservedServer
      const request = get(`${url}/never`).on("error", () => {})
      yield* Deferred.await(started)
      request.destroy()
      assert.deepInclude(yield* accessLine((it) => it.path === "/never"), { status: 499, aborted: true, level: "info" })
    })
  )

  it.effect("logs what was sent to a client that disconnects during the response", () =>
    Effect.gen(function* () {
      const { url, accessLine } = yield* ObservedServer
      get(`${url}/endless`, (response) => response.once("data", () => response.destroy())).on("error", () => {})
      const line = yield* accessLine((it) => it.path === "/endless")
      assert.deepInclude(line, { status: 200, aborted: true })
      assert.isAbove(line.bytes ?? 0, 1_000)
    })
  )

  it.effect("shows requests by route and status, and their times, at /metrics", () =>
    Effect.gen(function* () {
      const { call, lineOf } = yield* ObservedServer
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

import { assert, it } from "@effect/vitest"
import { eventually } from "@kite/testkit/Eventually"
import { send } from "@kite/testkit/http/Client"
import { assertProblem } from "@kite/testkit/http/Problem"
import { TestServer } from "@kite/testkit/http/TestServer"
import { LogCapture } from "@kite/testkit/logging/LogCapture"
import { Effect } from "effect"

/** The address that the log names, if it names one. */
const metricsUrl = ({ parsed }: LogCapture) =>
  parsed.map(({ message }) => /^Metrics are at (\S+)$/.exec(message)?.[1]).find((url) => url !== undefined)

const get = (url: string) =>
  Effect.promise(async () => {
    const response = await fetch(url)
    return { status: response.status, text: await response.text(), type: response.headers.get("content-type") }
  })

it.live("metrics have a port of their own on loopback, and the API's port does not know them", () => {
  const capture = new LogCapture()
  return Effect.gen(function* () {
    const own = yield* eventually(
      Effect.sync(() => metricsUrl(capture) ?? ""),
      (url) => url !== ""
    )
    assert.match(own, /^http:\/\/127\.0\.0\.1:\d+\/metrics$/)
    yield* send("/health/live")
    const seen = 'kite_http_requests_total{method="GET",route="/health/live",status="200"}'
    const { type } = yield* eventually(get(own), ({ text }) => text.includes(seen))
    assert.strictEqual(type, "text/plain; version=0.0.4; charset=utf-8")
    for (const path of ["/health/live", "/api/documents", "/"]) {
      assert.strictEqual((yield* get(new URL(path, own).href)).status, 404, path)
    }
    const { url } = yield* TestServer
    assert.notStrictEqual(new URL(own).port, new URL(url).port)
    for (const path of ["/metrics", "/METRICS", "/%6detrics", "//metrics", "/metrics;x", "/metrics/"]) {
      assertProblem(yield* send(path), 404, "not-found")
    }
  }).pipe(Effect.provide(TestServer.layerOn({ logging: capture.layer })))
})

it.live("metrics are nowhere with METRICS_PORT=off", () => {
  const capture = new LogCapture()
  return Effect.gen(function* () {
    assert.strictEqual((yield* send("/health/live")).status, 200)
    assert.isUndefined(metricsUrl(capture))
  }).pipe(Effect.provide(TestServer.layerOn({ variables: { METRICS_PORT: "off" }, logging: capture.layer })))
})

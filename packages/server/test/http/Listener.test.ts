import { assert, it } from "@effect/vitest"
import { Settings } from "@kite/adapters/settings/Settings"
import { contractFault } from "@kite/testkit/http/Contract"
import { Effect, Layer } from "effect"
import { HttpServer } from "effect/http"
import * as Listener from "../../src/http/Listener.ts"

const listener = Listener.layer.pipe(Layer.provide(Settings.layerOf({ PORT: "0" })))

it.live("a request before the routes are ready gets 503 with Retry-After", () =>
  Effect.gen(function* () {
    const url = yield* HttpServer.addressFormattedWith(Effect.succeed)
    const answer = yield* Effect.promise(() => fetch(`${url}/health/live`))
    assert.strictEqual(answer.status, 503)
    assert.strictEqual(answer.headers.get("retry-after"), "1")
    const text = yield* Effect.promise(() => answer.text())
    assert.include(text, "urn:kite:problem:unavailable")
    const { headers, status } = answer
    assert.isUndefined(contractFault("GET", "/health/live", { status, headers, text, json: JSON.parse(text) }))
  }).pipe(Effect.provide(listener))
)

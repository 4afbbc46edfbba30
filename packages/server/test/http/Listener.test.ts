import { assert, it } from "@effect/vitest"
import { Settings } from "@kite/adapters/settings/Settings"
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
    assert.include(yield* Effect.promise(() => answer.text()), "urn:kite:problem:unavailable")
  }).pipe(Effect.provide(listener))
)

import { assert } from "@effect/vitest"
import { type Answer, Someone, send, sendAs, upload } from "@kite/testkit/http/Client"
import { TestServer } from "@kite/testkit/http/TestServer"
import { suite } from "@kite/testkit/Suite"
import { Effect, Layer } from "effect"

const app = "https://app.example"

const answers = Effect.gen(function* () {
  const user = yield* Someone
  const { json } = yield* upload(user, "some text")
  const preflight = { origin: app, "access-control-request-method": "GET" }
  return {
    "a page": yield* send("/docs"),
    "an answer": yield* sendAs(user, "/api/documents", { headers: { origin: app } }),
    "a file": yield* sendAs(user, `/api/documents/${json.id}/content`),
    "a preflight": yield* send("/api/documents", { method: "OPTIONS", headers: preflight }),
    "400": yield* sendAs(user, "/api/documents?limit=many"),
    "401": yield* send("/api/documents", { headers: { origin: app } }),
    "404": yield* send("/nowhere"),
    "404 of a similar path": yield* send("/api/%64ocuments"),
    "405": yield* send("/api/documents", { method: "DELETE" }),
    "413": yield* send("/api/auth/login", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: "x".repeat(100_000)
    })
  } satisfies Record<string, Answer>
})

const expected = {
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer"
}

/** Of what may be kept by a cache. */
const caching: Readonly<Record<string, string>> = { "a file": "private, no-cache" }

const overTls = { PUBLIC_URL: "https://kite.example", CORS_ORIGINS: app }
const oneYear = "max-age=31536000; includeSubDomains"

for (const [name, variables, hsts] of [
  ["behind TLS", overTls, oneYear],
  ["without TLS", { PUBLIC_URL: "http://kite.example", CORS_ORIGINS: app }, null],
  ["without PUBLIC_URL", { CORS_ORIGINS: app }, null]
] as const) {
  suite(Someone.layer.pipe(Layer.provideMerge(TestServer.layerWith(variables))))(`every response ${name}`, (it) => {
    it.effect("has the security headers, preflights and errors too", () =>
      Effect.gen(function* () {
        for (const [what, { headers }] of Object.entries(yield* answers)) {
          for (const [header, value] of Object.entries(expected)) {
            assert.strictEqual(headers.get(header), value, `${header} of ${what}`)
          }
          assert.strictEqual(headers.get("strict-transport-security"), hsts, what)
          assert.include(headers.get("content-security-policy"), "default-src 'none'", what)
          assert.strictEqual(headers.get("cache-control"), caching[what] ?? "no-store", what)
          assert.match(headers.get("x-correlation-id") ?? "", /^[0-9a-f-]{36}$/, what)
        }
      })
    )

    it.effect("lets the page of another origin read it, errors too, where that origin is allowed", () =>
      Effect.gen(function* () {
        const found = yield* answers
        for (const what of ["an answer", "a preflight", "401"] as const) {
          assert.strictEqual(found[what].headers.get("access-control-allow-origin"), app, what)
        }
        assert.strictEqual(found["401"].json.type, "urn:kite:problem:unauthenticated")
        assert.isNull(found["404"].headers.get("access-control-allow-origin"))
      })
    )
  })
}

import { get } from "node:http"
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from "node:zlib"
import { assert, describe, it } from "@effect/vitest"
import { compressJson } from "@kite/server/http/JsonCompression"
import { type Caller, signUp, upload } from "@kite/testkit/http/Client"
import { TestServer } from "@kite/testkit/http/TestServer"
import { suite } from "@kite/testkit/Suite"
import { Effect } from "effect"
import { type HttpServerRequest, HttpServerResponse } from "effect/http"

const decoders = { zstd: zstdDecompressSync, br: brotliDecompressSync, gzip: gunzipSync }

/** The bytes as they are on the wire; fetch would decompress them. */
const download = Effect.fnUntraced(function* (path: string, headers: Readonly<Record<string, string>>, method = "GET") {
  const { url } = yield* TestServer
  return yield* Effect.callback<{ headers: NodeJS.Dict<string | Array<string>>; body: Buffer }>((resume) => {
    const sent = get(url + path, { method, headers }, (response) => {
      const chunks: Array<Buffer> = []
      response.on("data", (chunk: Buffer) => chunks.push(chunk))
      response.on("end", () => resume(Effect.succeed({ headers: response.headers, body: Buffer.concat(chunks) })))
    })
    return Effect.sync(() => sent.destroy())
  })
})

const uploadMany = (user: Caller, count: number) =>
  Effect.all(
    Array.from({ length: count }, (_, index) => upload(user, `text ${index}`, `note ${index}.txt`)),
    { concurrency: 4 }
  )

suite(TestServer.layerWith({ CORS_ORIGINS: "https://app.example" }))("JSON", (it) => {
  it.effect("above 1 kB is compressed in a coding that the client asks for", () =>
    Effect.gen(function* () {
      const user = yield* signUp
      yield* uploadMany(user, 8)
      const { authorization } = user
      const plain = yield* download("/api/documents", authorization)
      assert.isAbove(plain.body.length, 1_024)
      assert.isUndefined(plain.headers["content-encoding"])
      for (const [accepted, coding] of [
        ["gzip, deflate, br, zstd", "br"],
        ["br;q=0, zstd, gzip", "gzip"],
        ["deflate, zstd", "zstd"]
      ] as const) {
        const { headers, body } = yield* download("/api/documents", { ...authorization, "accept-encoding": accepted })
        assert.strictEqual(headers["content-encoding"], coding)
        assert.strictEqual(headers["content-length"], String(body.length))
        assert.strictEqual(headers["content-type"], "application/json")
        assert.isBelow(body.length, plain.body.length / 2)
        assert.isTrue(decoders[coding](body).equals(plain.body))
      }
      const origin = { ...authorization, origin: "https://app.example", "accept-encoding": "gzip" }
      assert.match(String((yield* download("/api/documents", origin)).headers["vary"]), /^Origin, Accept-Encoding$/i)
      for (const accepted of ["identity", "deflate", "*;q=0", ""]) {
        const { headers } = yield* download("/api/documents", { ...authorization, "accept-encoding": accepted })
        assert.isUndefined(headers["content-encoding"], accepted)
      }
    })
  )

  it.effect("is the same for HEAD, without the body", () =>
    Effect.gen(function* () {
      const user = yield* signUp
      yield* uploadMany(user, 8)
      const headers = { ...user.authorization, "accept-encoding": "gzip" }
      const [got, head] = [
        yield* download("/api/documents", headers),
        yield* download("/api/documents", headers, "HEAD")
      ]
      assert.strictEqual(head.body.length, 0)
      for (const name of ["content-encoding", "content-length", "content-type"]) {
        assert.strictEqual(head.headers[name], got.headers[name], name)
      }
    })
  )

  it.effect("of the API's description is compressed, too", () =>
    Effect.gen(function* () {
      const { headers, body } = yield* download("/openapi.json", { "accept-encoding": "zstd" })
      assert.strictEqual(headers["content-encoding"], "zstd")
      assert.match(JSON.parse(zstdDecompressSync(body).toString()).openapi, /^3\.1\./)
    })
  )

  it.effect("below 1 kB, downloads and problems are sent as they are", () =>
    Effect.gen(function* () {
      const user = yield* signUp
      const { json } = yield* upload(user, "hello ".repeat(1_000))
      const headers = { ...user.authorization, "accept-encoding": "gzip" }
      for (const path of [`/api/documents/${json.id}`, `/api/documents/${json.id}/content`, "/api/nothing"]) {
        assert.isUndefined((yield* download(path, headers)).headers["content-encoding"], path)
      }
    })
  )
})

/** The response to a client that accepts every coding. */
const responseTo = (url: string, value: unknown, accepted = "gzip, br, zstd") =>
  compressJson(
    { url, headers: { "accept-encoding": accepted } } as unknown as HttpServerRequest.HttpServerRequest,
    HttpServerResponse.jsonUnsafe(value)
  )

describe("a JSON response", () => {
  it.effect("of any size comes back whole", () =>
    Effect.gen(function* () {
      for (const count of [50, 200, 20_000]) {
        for (const coding of ["br", "gzip", "zstd"] as const) {
          const value = Array.from({ length: count }, (_, index) => `the ${index}th line of a text that is long enough`)
          const { headers, body } = yield* responseTo("/api/documents", value, coding)
          assert.strictEqual(headers["content-encoding"], coding)
          const bytes = body._tag === "Uint8Array" ? body.body : new Uint8Array()
          assert.deepStrictEqual(JSON.parse(decoders[coding](bytes).toString()), value)
        }
      }
    })
  )

  it.effect("with tokens beside what the client sent is never compressed", () =>
    Effect.gen(function* () {
      for (const path of ["/api/auth/login", "/api/auth/refresh", "/api/auth/me"]) {
        const { headers } = yield* responseTo(path, { accessToken: "x".repeat(5_000) })
        assert.isUndefined(headers["content-encoding"], path)
      }
    })
  )
})

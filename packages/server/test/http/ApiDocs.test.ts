import { createHash } from "node:crypto"
import { brotliDecompressSync, gunzipSync } from "node:zlib"
import { assert, layer } from "@effect/vitest"
import { send } from "@kite/testkit/http/Client"
import { assertProblem } from "@kite/testkit/http/Problem"
import { TestServer } from "@kite/testkit/http/TestServer"
import { suite } from "@kite/testkit/Suite"
import { Effect } from "effect"

const scriptPath = Effect.map(send("/docs"), ({ text }) => /src="(\/docs\/scalar-[0-9a-f]+\.js)"/.exec(text)?.[1] ?? "")

/** The bytes as they are on the wire; fetch would decompress them. */
const download = Effect.fnUntraced(function* (path: string, headers: Readonly<Record<string, string>>) {
  const { url } = yield* TestServer
  const { get } = yield* Effect.promise(() => import("node:http"))
  return yield* Effect.promise(
    () =>
      new Promise<{ status: number; headers: NodeJS.Dict<string | Array<string>>; body: Buffer }>((resolve, reject) => {
        get(url + path, { headers }, (response) => {
          const chunks: Array<Buffer> = []
          response.on("data", (chunk: Buffer) => chunks.push(chunk))
          response.on("end", () =>
            resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) })
          )
        }).on("error", reject)
      })
  )
})

suite(TestServer.layer)("the API docs", (it) => {
  it.effect("are where / leads to", () =>
    Effect.gen(function* () {
      const { status, headers } = yield* send("/", { redirect: "manual" })
      assert.deepStrictEqual([status, headers.get("location")], [302, "/docs"])
      assert.strictEqual((yield* send("/?a=b", { redirect: "manual" })).status, 302)
      for (const method of ["POST", "DELETE"]) assertProblem(yield* send("/", { method }), 404, "not-found", "/")
    })
  )

  it.effect("are a small page that allows scripts of this server alone", () =>
    Effect.gen(function* () {
      const { text, headers } = yield* send("/docs")
      assert.isBelow(text.length, 2_000)
      const policy = headers.get("content-security-policy") ?? ""
      assert.match(policy, /script-src 'self';/)
      assert.match(policy, /connect-src 'self';/)
      assert.notMatch(policy, /unsafe-eval|https?:/)
    })
  )

  it.effect("send their script compressed, to be kept for ever", () =>
    Effect.gen(function* () {
      const path = yield* scriptPath
      const plain = yield* download(path, { "accept-encoding": "identity" })
      assert.include(plain.body.toString(), "createApiReference")
      assert.include(path, createHash("sha256").update(plain.body).digest("hex").slice(0, 16))
      const br = yield* download(path, { "accept-encoding": "gzip, deflate, br" })
      assert.isTrue(brotliDecompressSync(br.body).equals(plain.body))
      const gzip = yield* download(path, { "accept-encoding": "br;q=0, gzip" })
      assert.isTrue(gunzipSync(gzip.body).equals(plain.body))
      for (const { status, headers } of [plain, br, gzip]) {
        assert.strictEqual(status, 200)
        assert.strictEqual(headers["cache-control"], "public, max-age=31536000, immutable")
        assert.strictEqual(headers["content-type"], "text/javascript; charset=utf-8")
        assert.include(headers["vary"] ?? "", "Accept-Encoding")
      }
      assert.deepStrictEqual(
        [plain, br, gzip].map(({ headers }) => headers["content-encoding"]),
        [undefined, "br", "gzip"]
      )
      assert.strictEqual(new Set([plain, br, gzip].map(({ headers }) => headers["etag"])).size, 3)
      const again = yield* download(path, { "accept-encoding": "br", "if-none-match": String(br.headers["etag"]) })
      assert.deepStrictEqual([again.status, again.body.length, again.headers["etag"]], [304, 0, br.headers["etag"]])
    })
  )

  it.effect("have no script of another version", () =>
    Effect.gen(function* () {
      for (const path of ["/docs/scalar-0123456789abcdef.js", "/docs/..%2fpackage.json"]) {
        assertProblem(yield* send(path), 404, "not-found", path)
      }
    })
  )

  it.effect("send the OpenAPI document compressed", () =>
    Effect.gen(function* () {
      const { headers, body } = yield* download("/openapi.json", { "accept-encoding": "gzip" })
      assert.strictEqual(headers["content-encoding"], "gzip")
      assert.isBelow(body.length, 20_000)
      assert.match(JSON.parse(gunzipSync(body).toString()).openapi, /^3\.1\./)
    })
  )
})

layer(TestServer.layerWith({ PUBLIC_URL: "https://kite.example.org" }), {
  excludeTestServices: true,
  timeout: "60 seconds"
})("the OpenAPI document", (it) => {
  it.effect("names the server by PUBLIC_URL", () =>
    Effect.gen(function* () {
      const { json } = yield* send("/openapi.json")
      assert.deepStrictEqual(json.servers, [{ url: "https://kite.example.org" }])
      assert.strictEqual(json.components.securitySchemes.refreshCookie.name, "__Host-kite_refresh")
    })
  )
})

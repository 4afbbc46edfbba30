import { assert } from "@effect/vitest"
import { post, Someone, send } from "@kite/testkit/http/Client"
import { contractFault } from "@kite/testkit/http/Contract"
import { endpoints } from "@kite/testkit/http/Endpoints"
import { assertProblem } from "@kite/testkit/http/Problem"
import { sendRaw } from "@kite/testkit/http/RawSocket"
import { TestServer } from "@kite/testkit/http/TestServer"
import { suite } from "@kite/testkit/Suite"
import { Effect, Layer } from "effect"

const methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
const paths = new Set(endpoints.map(({ path }) => path))
const allowed = (path: string) => {
  const own = endpoints.flatMap((endpoint) => (endpoint.path === path ? [endpoint.method] : []))
  return [...own, ...(own.includes("GET") ? ["HEAD"] : [])].sort()
}
/** Methods that the contract does not have for a path. */
const foreign = [...paths].flatMap((path) =>
  methods.filter((method) => !allowed(path).includes(method)).map((method) => ({ method, path }))
)

const request = (line: string, ...headers: ReadonlyArray<string>) =>
  sendRaw([line, "Host: localhost", "Connection: close", ...headers, "\r\n"].join("\r\n"))

const server = Someone.layer.pipe(Layer.provideMerge(TestServer.layer))

suite(server)("a request without a matching route", (it) => {
  it.effect.each([
    "/api",
    "/api/nothing",
    "/api/documents/a/b/c",
    "/.env",
    "/api/users/../../etc/passwd",
    "//",
    "/docs/x"
  ])("is 404: %s", (path) =>
    Effect.gen(function* () {
      for (const method of ["GET", "POST", "DELETE"]) {
        const answer = yield* request(`${method} ${path} HTTP/1.1`)
        assertProblem(answer, 404, "not-found", path)
      }
    })
  )

  it.effect.each(foreign)("is 405 and lists the allowed methods: $method $path", ({ method, path }) =>
    Effect.gen(function* () {
      const { authorization } = yield* Someone
      const instance = path.replace(":id", "01977a5e-8c2b-7000-8000-000000000000")
      for (const headers of [{}, authorization]) {
        const answer = yield* send(instance, { method, headers })
        assert.strictEqual(answer.headers.get("allow"), allowed(path).join(", "))
        if (method === "HEAD") assert.deepStrictEqual([answer.status, answer.text], [405, ""])
        else assertProblem(answer, 405, "method-not-allowed", instance)
      }
    })
  )

  it.effect("is 405 for rare methods, too", () =>
    Effect.gen(function* () {
      for (const method of ["TRACE", "QUERY", "PROPFIND"]) {
        const answer = yield* request(`${method} /api/documents HTTP/1.1`)
        assertProblem(answer, 405, "method-not-allowed", "/api/documents")
        assert.isUndefined(contractFault(method, "/api/documents", answer))
      }
    })
  )

  it.effect("is refused where the method is none of HTTP's", () =>
    Effect.gen(function* () {
      for (const method of ["TRACE", "QUERY", "PROPFIND"]) {
        const answer = yield* request(`${method} /api/documents HTTP/1.1`)
        assert.include([400, 404, 405, 501], answer.status, method)
        assert.notMatch(answer.text, /node_modules|at .*\.ts/)
      }
    })
  )

  it.effect.each([
    "/api/documents/%",
    "/api/documents/%zz",
    "/api/documents/%c3%28",
    "/api/documents/%00",
    "/api/documents/%ed%a0%80",
    "/api/documents/..%2f..%2fetc%2fpasswd",
    "/api/documents/%/content",
    `/api/documents/${"x".repeat(10_000)}`,
    `/${"x/".repeat(5_000)}`
  ])("with a malformed id or path is 400, 404 or 414: %s", (path) =>
    Effect.gen(function* () {
      const { authorization } = yield* Someone
      const answer = yield* request(`GET ${path} HTTP/1.1`, `Authorization: ${authorization.authorization}`)
      assert.include([400, 404, 414], answer.status)
      assertProblem(answer, answer.status, /^urn:kite:problem:(invalid-request|not-found)$/, path)
    })
  )

  it.effect.each([
    "limit=%",
    "q=%zz",
    "q=%c3%28",
    "q=%00",
    "cursor=%00",
    "q=%ed%a0%80",
    "%=1",
    "&&&=",
    "limit=5&limit=6",
    "q[]=a",
    "q=a&q=b"
  ])("with a malformed query is 400, or is read as far as possible: %s", (query) =>
    Effect.gen(function* () {
      const { authorization } = yield* Someone
      const line = `GET /api/documents?${query} HTTP/1.1`
      const answer = yield* request(line, `Authorization: ${authorization.authorization}`)
      if (answer.status !== 200) assertProblem(answer, 400, /^urn:kite:problem:invalid-/, "/api/documents")
    })
  )

  it.effect("with headers of 100 KB is 431", () =>
    Effect.gen(function* () {
      assertProblem(
        yield* request("GET /health/live HTTP/1.1", `X-Long: ${"x".repeat(100_000)}`),
        431,
        "headers-too-large",
        null
      )
      assertProblem(yield* request(`GET /${"x".repeat(100_000)} HTTP/1.1`), 431, "headers-too-large", null)
    })
  )

  it.effect.each([
    "HELLO",
    "GET / HTTP/9.9",
    "GET /a b HTTP/1.1",
    "GET / HTTP/1.1\r\nBad Header: x",
    "\u0016\u0003\u0001\u0002\0\u0001"
  ])("that is not HTTP is 400: %s", (line) =>
    Effect.gen(function* () {
      assertProblem(yield* request(line), 400, "invalid-request", null)
    })
  )

  it.effect("without Host is 400 in HTTP/1.1, and served in HTTP/1.0", () =>
    Effect.gen(function* () {
      const answer = yield* sendRaw("GET /health/live HTTP/1.1\r\nConnection: close\r\n\r\n")
      assertProblem(answer, 400, "invalid-request", "/health/live")
      assert.include(answer.json.detail, "Host")
      assert.strictEqual((yield* sendRaw("GET /health/live HTTP/1.0\r\n\r\n")).status, 200)
      assert.strictEqual(
        (yield* sendRaw("GET /health/live HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n")).status,
        200
      )
    })
  )

  it.effect("is 404 even if its body cannot be read", () =>
    Effect.gen(function* () {
      assertProblem(yield* post("/api/nothing", "{", { "content-type": "application/json" }), 404, "not-found")
      assertProblem(yield* send("/api/nothing", { method: "PUT", body: new Uint8Array(200_000) }), 404, "not-found")
    })
  )
})

suite(TestServer.layer)("every response", (it) => {
  it.effect("has the security headers, whatever its path", () =>
    Effect.gen(function* () {
      for (const path of [
        "/health/live",
        "/openapi.json",
        "/docs",
        "/api/nothing",
        "/api/documents",
        "/api/auth/login"
      ]) {
        const { headers } = yield* send(path)
        assert.strictEqual(headers.get("x-content-type-options"), "nosniff", path)
        assert.strictEqual(headers.get("referrer-policy"), "no-referrer", path)
        assert.strictEqual(headers.get("cache-control"), "no-store", path)
        assert.match(headers.get("content-security-policy") ?? "", /default-src 'none'.*frame-ancestors 'none'/, path)
        assert.isNull(headers.get("x-powered-by"), path)
      }
    })
  )

  it.effect("is described by an OpenAPI 3.1 document and a documentation page", () =>
    Effect.gen(function* () {
      const { json } = yield* send("/openapi.json")
      assert.match(json.openapi, /^3\.1\./)
      for (const { path, method } of endpoints) {
        const described = json.paths[path.replace(":id", "{id}")] ?? json.paths[`${path}/`.replace(":id", "{id}")]
        assert.isDefined(described?.[method.toLowerCase()], `${method} ${path}`)
      }
      const page = yield* send("/docs")
      assert.strictEqual(page.status, 200)
      assert.match(page.headers.get("content-type") ?? "", /^text\/html/)
    })
  )
})

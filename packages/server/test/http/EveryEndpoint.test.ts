import { assert } from "@effect/vitest"
import { signUpAdmin } from "@kite/testkit/accounts/Admins"
import { type Caller, send, sendAs } from "@kite/testkit/http/Client"
import { type Endpoint, endpoints, pathOf } from "@kite/testkit/http/Endpoints"
import { uploadForm } from "@kite/testkit/http/Multipart"
import { assertProblem } from "@kite/testkit/http/Problem"
import { TestServer } from "@kite/testkit/http/TestServer"
import { suite } from "@kite/testkit/Suite"
import { Context, Effect, Layer } from "effect"

const unknown = "01977a5e-8c2b-7000-8000-000000000000"

/** An admin: no request is refused because of its role. */
class Admin extends Context.Service<Admin, Caller>()("@kite/server/test/http/Admin") {
  static readonly layer = Layer.effect(Admin, signUpAdmin)
}

const call = Effect.fnUntraced(function* (endpoint: Endpoint, init: RequestInit, path = pathOf(endpoint, unknown)) {
  const { method, authenticated } = endpoint
  return yield* authenticated ? sendAs(yield* Admin, path, { method, ...init }) : send(path, { method, ...init })
})

const withBody = (endpoint: Endpoint, body: string, type = "application/json") =>
  call(endpoint, { body, headers: { "content-type": type } })

const takingJson = endpoints.filter(({ body }) => body === "application/json")
const json = (value: unknown) => JSON.stringify(value)
const notObjects = ["null", "5", '"text"', "true", "[]", "[{}]", '[["a"]]', "[".repeat(20_000) + "]".repeat(20_000)]
const notJson = ["{", "", "nul", "{'a':1}", '{"a":1}{', "\0", "\ufeff{}", '{"a":NaN}', "a=b&c=d"]

/** A body that the endpoint takes, where its query can be wrong beside it. */
const validBody = ({ body }: Endpoint): RequestInit => (body?.startsWith("multipart/") ? { body: uploadForm("a") } : {})

/** The values below that are valid for a field. */
const fitting = new Set(["active true", "limitBytes 5"])

suite(Admin.layer.pipe(Layer.provideMerge(TestServer.layer)))("every endpoint", (it) => {
  it.effect.each(endpoints.filter(({ authenticated }) => authenticated))(
    "refuses requests without a valid token: $method $path",
    (endpoint) =>
      Effect.gen(function* () {
        const { authorization } = yield* Admin
        const token = authorization["authorization"] ?? ""
        const wrong = [
          "",
          "Bearer",
          "Bearer ",
          "Bearer x.y.z",
          "Basic dTpw",
          `${token}x`,
          token.slice(0, -3),
          `bearer${token}`
        ]
        const path = pathOf(endpoint, unknown)
        for (const authorization of [undefined, ...wrong, `Bearer ${"x".repeat(8_000)}`]) {
          const init = { method: endpoint.method, ...(authorization !== undefined && { headers: { authorization } }) }
          assertProblem(yield* send(path, init), 401, "unauthenticated", path)
        }
      })
  )

  it.effect.each(takingJson)("refuses a body that is not JSON: $method $path", (endpoint) =>
    Effect.gen(function* () {
      for (const body of notJson) {
        const answer = yield* withBody(endpoint, body)
        assertProblem(answer, 400, "invalid-request", pathOf(endpoint, unknown))
        assert.strictEqual(answer.json.errors[0].path[0], "payload")
      }
    })
  )

  it.effect.each(takingJson)("refuses a body of another shape: $method $path", (endpoint) =>
    Effect.gen(function* () {
      for (const body of [...notObjects, "{}", '{"__proto__":{"a":1}}', '{"unknown":1}']) {
        const answer = yield* withBody(endpoint, body)
        assertProblem(answer, 400, "invalid-request", pathOf(endpoint, unknown))
        assert.isNotEmpty(answer.json.errors)
      }
    })
  )

  it.effect.each(takingJson.flatMap((endpoint) => endpoint.fields.map((field) => ({ ...endpoint, field }))))(
    "names the field that has the wrong type: $method $path $field",
    ({ field, ...endpoint }) =>
      Effect.gen(function* () {
        for (const value of [null, 5, true, [], {}, ["a"], ""]) {
          if (fitting.has(`${field} ${value}`)) continue
          const answer = yield* withBody(endpoint, json({ [field]: value }))
          assertProblem(answer, 400, "invalid-request")
          const paths = answer.json.errors.map(({ path }: any) => path.slice(0, 2).join("."))
          assert.include(paths, `payload.${field}`, json(value))
        }
      })
  )

  it.effect.each(takingJson)(
    "refuses a body of another media type or above the size limit: $method $path",
    (endpoint) =>
      Effect.gen(function* () {
        const path = pathOf(endpoint, unknown)
        for (const type of ["text/plain", "application/xml", "multipart/form-data; boundary=b", "x", ""]) {
          assertProblem(yield* withBody(endpoint, "{}", type), 415, "unsupported-media-type", path)
        }
        const large = json({ text: "x".repeat(70_000) })
        assertProblem(yield* withBody(endpoint, large), 413, "body-too-large", path)
        assertProblem(yield* withBody(endpoint, " ".repeat(2_000_000)), 413, "body-too-large", path)
        const headers = { "content-type": "application/json" }
        const stream = new Blob([large]).stream()
        assertProblem(yield* call(endpoint, { headers, body: stream, duplex: "half" }), 413, "body-too-large", path)
      })
  )

  it.effect.each(endpoints.filter(({ path }) => path.includes(":")))(
    "refuses a malformed id: $method $path",
    (endpoint) =>
      Effect.gen(function* () {
        for (const id of ["1", "me", `${unknown}0`, unknown.slice(1), "%00", "%E2%82%AC", "'--", "x".repeat(90)]) {
          const path = pathOf(endpoint, id)
          const answer = yield* call(endpoint, {}, path)
          assertProblem(answer, 400, "invalid-request", path)
          assert.deepStrictEqual(answer.json.errors[0].path, ["params", "id"])
        }
      })
  )

  it.effect.each(endpoints.flatMap((endpoint) => endpoint.query.map((name) => ({ ...endpoint, name }))))(
    "accepts its query parameter or says what is wrong with it: $method $path?$name",
    ({ name, ...endpoint }) =>
      Effect.gen(function* () {
        const values = ["", "%00", "a%00b", "%F0%9F%98%80", "-1", "1e400", "NaN", "'", "x".repeat(5_000), "{}", "null"]
        for (const query of [
          ...values.map((value) => `${name}=${value}`),
          `${name}=a&${name}=b`,
          `${name}[]=a`,
          name
        ]) {
          const path = pathOf(endpoint, unknown)
          const answer = yield* call(endpoint, validBody(endpoint), `${path}?${query}`)
          // Where the query is accepted, there is still no such id.
          if (answer.status === 404 && path !== endpoint.path) assertProblem(answer, 404, "not-found", path)
          else if (answer.status >= 400) assertProblem(answer, 400, /^urn:kite:problem:invalid-/, path)
        }
      })
  )

  it.effect.each(endpoints)("never fails because of unusual headers: $method $path", (endpoint) =>
    Effect.gen(function* () {
      const headers = {
        accept: "image/png",
        "accept-encoding": "br;q=x",
        "if-match": '"x"',
        "if-modified-since": "yesterday",
        range: "lines=1-2",
        "x-http-method-override": "DELETE",
        "x-forwarded-for": "' OR 1=1 --",
        forwarded: "for=[::1",
        cookie: "a=b; =; \u00ff=%zz; kite_refresh=x",
        origin: "null",
        "content-type": "application/json;charset=\u00ff"
      }
      const answer = yield* call(endpoint, { headers })
      assert.isBelow(answer.status, 500)
      if (answer.status >= 400) assertProblem(answer, answer.status, /^urn:kite:problem:/, pathOf(endpoint, unknown))
    })
  )
})

import { assert, describe, it } from "@effect/vitest"
import { describeApi } from "@kite/domain/description/ApiDescription"
import type { MediaType } from "@kite/domain/openapi/Specification"
import { contractFault, schemaFault } from "@kite/testkit/http/Contract"

const specification = describeApi()

const operations = Object.entries(specification.paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, operation]) => ({ method, path, operation }))
)

const contents = operations.flatMap(({ method, path, operation }) => [
  ...Object.entries(operation.requestBody?.content ?? {}).map(([type, mediaType]) => ({
    pointer: ["paths", path, method, "requestBody", "content", type],
    mediaType
  })),
  ...Object.entries(operation.responses).flatMap(([status, { content = {} }]) =>
    Object.entries(content).map(([type, mediaType]) => ({
      pointer: ["paths", path, method, "responses", status, "content", type],
      mediaType
    }))
  )
])

const examplesOf = ({ example, examples }: MediaType) => [
  ...(example === undefined ? [] : [example]),
  ...Object.values(examples ?? {}).map(({ value }) => value)
]

const isDownload = ({ pointer }: (typeof contents)[number]) => pointer[1] === "/api/documents/{id}/content"

describe("the OpenAPI document", () => {
  it("describes every operation in words", () => {
    for (const { method, path, operation } of operations) {
      assert.isNotEmpty(operation.summary, `${method} ${path}`)
      assert.isNotEmpty(operation.description, `${method} ${path}`)
    }
  })

  it("declares for every operation what may happen to any request", () => {
    for (const { method, path, operation } of operations) {
      const { responses, requestBody, security } = operation
      const expected = ["400", "405", "408", "429", "431", "500", "503"]
      if (requestBody !== undefined) expected.push("413", "415")
      if (security.some((scheme) => "bearer" in scheme)) expected.push("401")
      if (path.includes("{id}")) expected.push("404")
      assert.includeMembers(Object.keys(responses), expected, `${method} ${path}`)
      for (const response of Object.values(responses)) assert.property(response.headers, "X-Correlation-ID")
    }
  })

  it("has an example of every body, and each matches its schema", () => {
    assert.isNotEmpty(contents)
    for (const content of contents) {
      const examples = examplesOf(content.mediaType)
      if (!isDownload(content)) assert.isNotEmpty(examples, content.pointer.join(" "))
      for (const example of examples) {
        assert.isUndefined(schemaFault([...content.pointer, "schema"], example), content.pointer.join(" "))
      }
    }
  })

  it("names schemas plainly", () => {
    for (const name of Object.keys(specification.components.schemas)) assert.notMatch(name, /Encoded|\d$/)
  })

  it("is what generators of clients need", () => {
    const { Upload, UserChange, Registration, Document } = specification.components.schemas
    assert.deepInclude(Upload?.properties?.["file"], { type: "string", format: "binary" })
    assert.strictEqual(UserChange?.["minProperties"], 1)
    assert.deepInclude(Registration?.properties?.["email"], { format: "email", maxLength: 254 })
    assert.deepInclude(Registration?.properties?.["password"], { format: "password", minLength: 12, maxLength: 128 })
    assert.deepInclude(Document?.properties?.["id"], { type: "string", format: "uuid" })
    assert.deepInclude(Document?.properties?.["createdAt"], { type: "string", format: "date-time" })
    const limit = specification.paths["/api/documents"]?.["get"]?.parameters.find(({ name }) => name === "limit")
    assert.deepStrictEqual(limit?.schema, { type: "integer", minimum: 1, maximum: 100 })
  })
})

describe("the check against the document", () => {
  const answer = (status: number, json: unknown, headers: Record<string, string> = {}) => ({
    status,
    headers: new Headers({
      "content-type": "application/json",
      "x-correlation-id": "5e0f4a0e-3f0c-4d1b-9f6e-2f7a1c9d8b3a",
      ratelimit: "",
      "ratelimit-policy": "",
      ...headers
    }),
    text: json === undefined ? "" : JSON.stringify(json),
    json
  })
  const quota = { usedBytes: 1, limitBytes: 2 }
  const id = "0199e5f0-6d1c-7c3a-9a53-0b1f6a1e7f10"
  const user = { id, email: "anna@example.org", role: "user", quota, createdAt: "2026-11-22T20:15:00.000Z" }

  it("sees statuses, headers, types and bodies that are not declared", () => {
    assert.isUndefined(contractFault("GET", "/api/auth/me?a=b", answer(200, user)))
    assert.isUndefined(contractFault("GET", "/unknown", answer(418, {})))
    assert.match(contractFault("GET", "/api/auth/me", answer(418, user)) ?? "", /418 is not declared/)
    const { quota: _, ...incomplete } = user
    for (const wrong of [incomplete, { ...user, more: 1 }, { ...user, id: "1" }, { ...user, createdAt: "today" }, []]) {
      assert.match(contractFault("GET", "/api/auth/me", answer(200, wrong)) ?? "", /does not match/)
    }
    const html = answer(200, user, { "content-type": "text/html" })
    assert.match(contractFault("GET", "/api/auth/me", html) ?? "", /text\/html, which is not declared/)
    const bare = { ...answer(200, user), headers: new Headers({ "content-type": "application/json" }) }
    assert.match(contractFault("GET", "/api/auth/me", bare) ?? "", /lacks X-Correlation-ID; lacks RateLimit/)
    const located = answer(200, user, { location: "/", "retry-after": "1" })
    assert.match(
      contractFault("GET", "/api/auth/me", located) ?? "",
      /has Retry-After, Location, which is not declared/
    )
    assert.match(contractFault("DELETE", `/api/documents/${id}`, answer(204, user)) ?? "", /has a body/)
  })
})

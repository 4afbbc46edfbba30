import { assert } from "@effect/vitest"
import { assertBalanced, setText } from "@kite/testkit/documents/Rows"
import { type Caller, sendAs, signUp, upload, usedBytes } from "@kite/testkit/http/Client"
import { endpoints } from "@kite/testkit/http/Endpoints"
import { assertProblem } from "@kite/testkit/http/Problem"
import { TestServer } from "@kite/testkit/http/TestServer"
import { suite } from "@kite/testkit/Suite"
import { Effect } from "effect"

const unknown = "01977a5e-8c2b-7000-8000-000000000000"
/** All endpoints for one document, read from the contract so that new ones are included. */
const ofOne = endpoints.filter(({ path }) => path.startsWith("/api/documents/:id"))

/** A valid call of the endpoint for this document; with HEAD instead of GET on request. */
const call = (user: Caller, { method, path }: (typeof endpoints)[number], id: string, head = false) =>
  sendAs(user, path.replace(":id", id), {
    method: head ? "HEAD" : method,
    ...(method === "PATCH" && {
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ filename: "mine now.txt" })
    })
  })

suite(TestServer.layer)("a document of another account", (it) => {
  it.effect.each(ofOne)("gets the same response as one that never existed: $method $path", (endpoint) =>
    Effect.gen(function* () {
      const [owner, other] = [yield* signUp, yield* signUp]
      const { json: document } = yield* upload(owner, "secret of the owner", "secret.txt")
      yield* setText(document.id, ["secret of the owner"])
      const theirs = yield* call(other, endpoint, document.id)
      const nobodys = yield* call(other, endpoint, unknown)
      assertProblem(theirs, 404, "not-found", endpoint.path.replace(":id", document.id))
      const told = ({ json: { instance: _, correlationId: __, ...rest }, headers }: typeof theirs) => ({
        rest,
        headers: Object.fromEntries(
          [...headers].filter(([name]) => !/^(date|x-correlation-id|content-length|ratelimit.*)$/.test(name))
        )
      })
      assert.deepStrictEqual(told(theirs), told(nobodys))
      assert.notInclude(theirs.text, "secret")
      if (endpoint.method === "GET") {
        const head = yield* call(other, endpoint, document.id, true)
        assert.deepStrictEqual([head.status, head.text], [404, ""])
      }
      const unchanged = yield* sendAs(owner, `/api/documents/${document.id}`)
      assert.deepInclude(unchanged.json, { filename: "secret.txt", status: "ready" })
      assert.strictEqual(yield* usedBytes(owner), 19)
      yield* assertBalanced
    })
  )

  it.effect("occurs in no list and no search of others", () =>
    Effect.gen(function* () {
      const [owner, other] = [yield* signUp, yield* signUp]
      const { json: document } = yield* upload(owner, "secret", "secret.txt")
      yield* setText(document.id, ["secret"])
      const { nextCursor: _, items } = (yield* sendAs(owner, "/api/documents?q=secret")).json
      assert.strictEqual(items.length, 1)
      for (const query of ["", "?q=secret", "?status=ready", "?sort=filename", "?q=-nothing"]) {
        assert.deepStrictEqual((yield* sendAs(other, `/api/documents${query}`)).json.items, [], query)
      }
    })
  )
})

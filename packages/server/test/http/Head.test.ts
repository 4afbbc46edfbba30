import { assert } from "@effect/vitest"
import { signUpAdmin } from "@kite/testkit/accounts/Admins"
import { send, sendAs, upload } from "@kite/testkit/http/Client"
import { endpoints, pathOf } from "@kite/testkit/http/Endpoints"
import { TestServer } from "@kite/testkit/http/TestServer"
import { suite } from "@kite/testkit/Suite"
import { Effect } from "effect"

const paths = endpoints.filter(({ method }) => method === "GET")
const pages = ["/", "/docs", "/openapi.json", "/reset", "/invite", "/email-proof", "/api/nothing"]
/** They differ from request to request; fetch closes the connection after HEAD. */
const changing = new Set([
  "date",
  "x-correlation-id",
  "ratelimit",
  "content-length",
  "etag",
  "connection",
  "keep-alive",
  "transfer-encoding"
])

const stable = (headers: Headers) => Object.fromEntries([...headers].filter(([name]) => !changing.has(name)))

suite(TestServer.layer)("HEAD", (it) => {
  it.effect("gets what GET gets, without the body", () =>
    Effect.gen(function* () {
      const admin = yield* signUpAdmin
      const { json } = yield* upload(admin, "hello world")
      for (const path of [...paths.map((endpoint) => pathOf(endpoint, json.id)), ...pages]) {
        const got = yield* sendAs(admin, path, { redirect: "manual" })
        const head = yield* sendAs(admin, path, { method: "HEAD", redirect: "manual" })
        assert.deepStrictEqual([head.status, head.text], [got.status, ""], path)
        assert.deepStrictEqual(stable(head.headers), stable(got.headers), path)
      }
      const script = /src="(\/docs\/[^"]+)"/.exec((yield* send("/docs")).text)?.[1] ?? ""
      assert.strictEqual((yield* send(script, { method: "HEAD" })).status, 200)
    })
  )
})

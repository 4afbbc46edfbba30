import { assert } from "@effect/vitest"
import { Someone } from "@kite/testkit/http/Client"
import { endpoints, pathOf } from "@kite/testkit/http/Endpoints"
import { assertProblem } from "@kite/testkit/http/Problem"
import { sendRaw } from "@kite/testkit/http/RawSocket"
import { TestServer } from "@kite/testkit/http/TestServer"
import { suite } from "@kite/testkit/Suite"
import { Effect, Layer } from "effect"

const id = "01977a5e-8c2b-7000-8000-000000000000"

const encoded = (character: string) => `%${character.charCodeAt(0).toString(16).padStart(2, "0")}`

/** What some routers and proxies take for the same path. */
const lookalikes = (path: string): ReadonlyArray<string> => [
  path.toUpperCase(),
  path.replace(/[a-z]/, (letter) => letter.toUpperCase()),
  path.replace(/[a-z]/, encoded),
  path.replace(/[a-z](?=[^a-z]*$)/, encoded),
  path.replace(/(?<=.)\/[^/]*$/, (last) => `%2f${last.slice(1)}`),
  `/${path}`,
  path.replace(/\/[^/]*$/, (last) => `/${last}`),
  `${path}/`,
  `${path}//`,
  `${path};x`,
  `${path};x=y?limit=1`,
  path.replace(/(?<=.)\/[^/]*$/, (last) => `;x${last}`),
  `${path}#x`,
  `${path}%00`,
  `${path}%20`,
  `${path}%3flimit=1`,
  `${path}%3bx`,
  `${path}/.`,
  `/x/..${path}`,
  `http://localhost/${path}`
]

const paths = [...new Set(endpoints.map((endpoint) => pathOf(endpoint, id)))]
const pages = ["/docs", "/openapi.json", "/reset"]

const patterns = endpoints.flatMap(({ path }) =>
  path.includes(":") ? [new RegExp(`^${path.replaceAll(/:\w+/g, "[^/;#]+")}$`)] : []
)
/** The value of a parameter may be anything; it is then not a valid one. */
const isValue = (other: string) => patterns.some((pattern) => pattern.test(other))

suite(Someone.layer.pipe(Layer.provideMerge(TestServer.layer)))("a path that only looks like one of kite's", (it) => {
  it.effect.each([...paths, ...pages])("is unknown, and counts as such: %s", (path) =>
    Effect.gen(function* () {
      const { authorization } = yield* Someone
      for (const other of new Set(lookalikes(path))) {
        if (other === path || isValue(other)) continue
        for (const method of ["GET", "POST", "PATCH"]) {
          const answer = yield* sendRaw(
            [
              `${method} ${other} HTTP/1.1`,
              "Host: localhost",
              "Connection: close",
              `Authorization: ${authorization.authorization}`,
              "\r\n"
            ].join("\r\n")
          )
          assertProblem(answer, 404, "not-found")
          assert.match(answer.headers.get("ratelimit-policy") ?? "", /^"ip";/, `${method} ${other}`)
        }
      }
    })
  )

  it.effect("is found in absolute form (RFC 9112 section 3.2.2), and with any query", () =>
    Effect.gen(function* () {
      for (const target of ["http://localhost/health/live", "/health/live?a=%64;b#", "/health/live?/"]) {
        const { status } = yield* sendRaw(`GET ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`)
        assert.strictEqual(status, 200, target)
      }
    })
  )
})

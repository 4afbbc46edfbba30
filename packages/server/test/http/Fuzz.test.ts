import { assert } from "@effect/vitest"
import type { Specification } from "@kite/domain/openapi/Specification"
import { signUpAdmin } from "@kite/testkit/accounts/Admins"
import { send, upload } from "@kite/testkit/http/Client"
import { assertProblem } from "@kite/testkit/http/Problem"
import { TestServer } from "@kite/testkit/http/TestServer"
import { suite } from "@kite/testkit/Suite"
import { Effect } from "effect"
import fc from "fast-check"
import { type HostileRequest, hostileRequests } from "./HostileRequests.ts"

/** Of each operation. A failure names its seed and path; put them here to see it again. */
const runs = { seed: 20_261_125, numRuns: 80, interruptAfterTimeLimit: 750, markInterruptAsFailure: false }

/** Any problem of kite's, or the registered one of rate limits. */
const anyProblem = /^(urn:kite:problem:|https:\/\/iana\.org\/)/

suite(TestServer.layer)("hostile requests", (it) => {
  it.effect(
    "get no 5xx, and from every operation only what the OpenAPI document declares, errors as problems",
    () =>
      Effect.gen(function* () {
        const run = Effect.runPromiseWith(yield* Effect.context<Effect.Services<ReturnType<typeof send>>>())
        const { paths } = (yield* send("/openapi.json")).json as Specification
        const statuses = new Set<number>()
        for (const [path, operations] of Object.entries(paths)) {
          for (const [name, operation] of Object.entries(operations)) {
            // Of its own for each operation: some end the session.
            const caller = yield* signUpAdmin
            const { json } = yield* upload(caller, "some text of its own")
            const ids = [json.id as string, "01977a5e-8c2b-7000-8000-000000000000"]
            const method = name.toUpperCase()
            const check = async ({ path, headers, body }: HostileRequest) => {
              const init = {
                method,
                headers: { ...caller.authorization, ...headers },
                ...(body !== undefined && { body })
              }
              if (method === "GET") delete init.body
              // `send` checks the status, the headers and the body against the document.
              const answer = await run(send(path, init))
              statuses.add(answer.status)
              assert.isBelow(answer.status, 500, answer.text)
              if (answer.status >= 400) assertProblem(answer, answer.status, anyProblem)
            }
            const requests = hostileRequests(path, operation, ids)
            yield* Effect.promise(() => fc.assert(fc.asyncProperty(requests, check), runs))
          }
        }
        // It would prove nothing if every request failed at the door.
        assert.includeMembers([...statuses], [200, 201, 204, 206, 400, 401, 403, 404, 415])
      }),
    60_000
  )
})

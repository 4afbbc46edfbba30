import { randomUUID } from "node:crypto"
import { assert, describe, it } from "@effect/vitest"
import {
  ClientIp,
  CorrelationId,
  CurrentRequest,
  CurrentUserId,
  RequestRecord,
  withRequest,
  withUser
} from "@kite/adapters/logging/RequestContext"
import { LogCapture } from "@kite/testkit/logging/LogCapture"
import { Effect, Fiber } from "effect"

describe("the context of a request", () => {
  it.effect("is empty outside of a request", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(
        [yield* CorrelationId, yield* CurrentUserId, yield* ClientIp, yield* CurrentRequest],
        ["-", undefined, undefined, undefined]
      )
    })
  )

  it.effect("never mixes between 200 simultaneous requests, and reaches the fibers that they fork", () =>
    Effect.gen(function* () {
      const capture = new LogCapture()
      const serve = Effect.fnUntraced(function* (index: number) {
        const correlationId = randomUUID()
        const userId = randomUUID()
        const record = new RequestRecord({
          correlationId,
          startedAt: 0n,
          clientIp: `10.0.0.${index}`,
          path: `/${index}`
        })
        const work = Effect.gen(function* () {
          yield* Effect.logInfo("begins", { attempt: index })
          const fiber = yield* Effect.yieldNow.pipe(
            Effect.andThen(Effect.logInfo("in a fork", { attempt: index })),
            Effect.forkDetach
          )
          yield* Effect.yieldNow
          yield* Effect.logInfo("goes on", { attempt: index })
          yield* Fiber.join(fiber)
          return [yield* CorrelationId, yield* CurrentUserId, yield* ClientIp]
        })
        const seen = yield* work.pipe(withUser(userId), withRequest(record))
        assert.deepStrictEqual(seen, [correlationId, userId, `10.0.0.${index}`])
        yield* Effect.logInfo("ended", { attempt: index }).pipe(withRequest(record))
        return { correlationId, userId }
      })
      const served = yield* Effect.forEach(
        Array.from({ length: 200 }, (_, index) => index),
        serve,
        {
          concurrency: "unbounded"
        }
      ).pipe(Effect.provide(capture.layer))
      assert.strictEqual(capture.parsed.length, 800)
      for (const line of capture.parsed) {
        const { correlationId, userId } = served[line.attempt ?? -1] ?? {}
        assert.strictEqual(line.correlation_id, correlationId)
        assert.strictEqual(line.user_id, userId)
        assert.strictEqual(line.path, `/${line.attempt}`)
      }
    })
  )
})

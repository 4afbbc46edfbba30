import { assert, it } from "@effect/vitest"
import { isRefusal, layer, RefusalSampling } from "@kite/adapters/logging/RefusalSampling"
import { LogCapture } from "@kite/testkit/logging/LogCapture"
import { Array, Effect, Layer } from "effect"
import { TestClock } from "effect/testing"

const sampled = Effect.fnUntraced(function* (count: number, address: string) {
  const { admits } = yield* RefusalSampling
  return Array.makeBy(count, () => admits("http_request", address)).filter(Boolean).length
})

const test = <E>(name: string, body: (capture: LogCapture) => Effect.Effect<void, E>) => {
  const capture = new LogCapture()
  it.effect(name, () => body(capture).pipe(Effect.provide(layer.pipe(Layer.provideMerge(capture.layer)))))
}

const counts = ({ parsed }: LogCapture) =>
  parsed.filter(({ event }) => event === "http_requests_suppressed").map(({ count }) => count)

test("50 lines a second of an address are written, and one line counts the rest", (capture) =>
  Effect.gen(function* () {
    assert.strictEqual(yield* sampled(1_000, "192.0.2.1"), 50)
    assert.strictEqual(yield* sampled(10, "192.0.2.2"), 10)
    assert.deepStrictEqual(counts(capture), [])
    yield* TestClock.adjust("1 second")
    assert.deepStrictEqual(counts(capture), [950])
    assert.strictEqual(yield* sampled(51, "192.0.2.1"), 50)
    yield* TestClock.adjust("3 seconds")
    assert.deepStrictEqual(counts(capture), [950, 1])
  }))

test("many addresses together get 500 lines a second", (capture) =>
  Effect.gen(function* () {
    const each = yield* Effect.forEach(Array.range(1, 200), (index) => sampled(5, `2001:db8::${index}`))
    assert.strictEqual(
      each.reduce((sum, count) => sum + count),
      500
    )
    yield* TestClock.adjust("1 second")
    assert.deepStrictEqual(counts(capture), [500])
  }))

test("lines of the rate limit have a share of their own and count no request twice", (capture) =>
  Effect.gen(function* () {
    const { admits } = yield* RefusalSampling
    assert.strictEqual(yield* sampled(60, "192.0.2.1"), 50)
    const limited = Array.makeBy(60, () => admits("rate_limited", "192.0.2.1"))
    assert.lengthOf(limited.filter(Boolean), 50)
    yield* TestClock.adjust("1 second")
    assert.deepStrictEqual(counts(capture), [10])
  }))

it("a failure of the server is never left out", () => {
  assert.deepStrictEqual([200, 206, 304, 399, 400, 404, 429, 499, 500, 503].filter(isRefusal), [400, 404, 429, 499])
})

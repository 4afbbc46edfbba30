import { assert, it } from "@effect/vitest"
import { eventually } from "@kite/testkit/Eventually"
import { send } from "@kite/testkit/http/Client"
import { sendRaw } from "@kite/testkit/http/RawSocket"
import { TestServer } from "@kite/testkit/http/TestServer"
import { LogCapture } from "@kite/testkit/logging/LogCapture"
import { Array, Effect } from "effect"

const flood = 400

/** A request of each kind that costs a client nothing to repeat. */
const kinds = {
  "without a token (401)": { path: "/api/documents", status: 401 },
  "of unknown paths (404)": { path: "/nowhere", status: 404 },
  "above the limit (429)": { path: "/nowhere", status: 429 }
} as const

it.live.each(Object.entries(kinds))(
  "a flood of requests %s is logged in part and counted in full",
  ([, { path, status }]) => {
    const capture = new LogCapture()
    const variables: Record<string, string> = status === 429 ? { RATE_LIMIT_IP: "1/1h" } : {}
    return Effect.gen(function* () {
      const startedAt = performance.now()
      if (status === 429) yield* send(path)
      const answers = yield* Effect.all(
        Array.makeBy(flood, () => send(path)),
        { concurrency: 20 }
      )
      assert.deepStrictEqual(new Set(answers.map((answer) => answer.status)), new Set<number>([status]))
      const logged = () => capture.parsed.filter((line) => line.event === "http_request" && line.status === status)
      const notices = () => capture.parsed.filter(({ event }) => event === "http_requests_suppressed")
      const suppressed = () => notices().reduce((sum, { count = 0 }) => sum + count, 0)
      yield* eventually(
        Effect.sync(() => logged().length + suppressed()),
        (sum) => sum === flood
      )
      // 50 a second, of which the first request above may have had one.
      assert.isAtLeast(logged().length, 49)
      // A flood that lasts three seconds meets up to four of the seconds that are counted.
      const most = 50 * (Math.ceil((performance.now() - startedAt) / 1_000) + 1)
      assert.isAtMost(logged().length, most)
      assert.isAbove(suppressed(), 0)
      const limited = capture.parsed.filter(({ event }) => event === "rate_limited")
      assert.isAtMost(limited.length, most)
      const { status: healthy } = yield* send("/health/live")
      assert.strictEqual(healthy, 200)
      yield* eventually(
        Effect.sync(() => capture.parsed.filter((line) => line.event === "http_request" && line.status === 200)),
        ({ length }) => length === 1
      )
    }).pipe(Effect.provide(TestServer.layerOn({ variables, logging: capture.layer })))
  }
)

it.live("a flood of what is no HTTP is logged in part and counted in full", () => {
  const capture = new LogCapture()
  return Effect.gen(function* () {
    yield* Effect.all(
      Array.makeBy(flood, () => sendRaw("HELLO\r\n\r\n")),
      { concurrency: 20 }
    )
    const logged = () => capture.parsed.filter((line) => line.event === "http_request").length
    const suppressed = () => capture.parsed.reduce((sum, { count = 0 }) => sum + count, 0)
    yield* eventually(
      Effect.sync(() => logged() + suppressed()),
      (sum) => sum === flood
    )
    assert.isAbove(suppressed(), 0)
  }).pipe(Effect.provide(TestServer.layerOn({ logging: capture.layer })))
})

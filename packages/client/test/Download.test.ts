import { assert } from "@effect/vitest"
import { signUp } from "@kite/testkit/http/Client"
import { TestServer } from "@kite/testkit/http/TestServer"
import { suite } from "@kite/testkit/Suite"
import { Effect } from "effect"
import type { Kite } from "../src/Kite.ts"
import { ConnectionError, isProblem } from "../src/Problem.ts"
import { interceptedKite, type Sent } from "./Faults.ts"

const text = Array.from({ length: 40_000 }, (_, line) => `line ${line}\n`).join("")

/** The response, whose body breaks, ends or hangs after so many bytes. */
const cut = (
  response: Response,
  bytes: number,
  how: "breaks" | "ends" | "hangs",
  headers: Record<string, string> = {}
) => {
  let left = bytes
  const body = response.body?.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform: (chunk, controller) => {
        controller.enqueue(chunk.subarray(0, left))
        left -= chunk.length
        if (left > 0) return undefined
        if (how === "ends") return controller.terminate()
        return how === "breaks" ? controller.error(new TypeError("terminated")) : new Promise<void>(() => {})
      }
    })
  )
  return new Response(body ?? null, {
    status: response.status,
    headers: { ...Object.fromEntries(response.headers), ...headers }
  })
}

/** Runs a test with a document of `text`. Downloads pass through `change`, which knows how many there were before. */
const withDocument = (
  change: (response: Response, count: number) => Response,
  test: (kite: Kite, id: string, ranges: () => ReadonlyArray<string | null>) => Promise<void>
) =>
  Effect.gen(function* () {
    const { url } = yield* TestServer
    const { email, password } = yield* signUp
    const downloads: Array<Sent> = []
    const { kite } = interceptedKite(url, async (sent, pass) => {
      if (!sent.path.endsWith("/content")) return pass()
      downloads.push(sent)
      return change(await pass(), downloads.length - 1)
    })
    const ranges = () => downloads.map(({ headers }) => headers.get("range"))
    yield* Effect.promise(async () => {
      await kite.login({ email, password })
      const { id } = await kite.upload(new Blob([text]))
      await test(kite, id, ranges)
    })
  })

/** What comes of a stream: the whole text, or an error. */
const read = (stream: ReadableStream<Uint8Array>) =>
  new Response(stream).text().then(
    (whole) => ({ whole, error: undefined }),
    (error: unknown) => ({ whole: undefined, error })
  )

suite(TestServer.layer)("a download", (it) => {
  for (const how of ["breaks", "ends"] as const) {
    it.effect(`continues where it was when its connection ${how} early`, () =>
      withDocument(
        (response, count) => (count < 2 ? cut(response, 100_000, how) : response),
        async (kite, id, ranges) => {
          const { stream } = await kite.download(id)
          assert.strictEqual((await read(stream)).whole, text)
          const [first, second, third, ...more] = ranges()
          assert.isNull(first ?? null)
          const from = [second, third].map((range) => Number(/^bytes=(\d+)-$/.exec(range ?? "")?.[1]))
          // An error drops what the reader has not taken yet.
          assert.isTrue(
            from.every((byte, index) => byte <= 100_000 * (index + 1)),
            String(from)
          )
          assert.isEmpty(more)
        }
      )
    )
  }

  it.effect("ends with a ConnectionError when it comes no further", () =>
    withDocument(
      (response, count) => cut(response, count === 0 ? 1_000 : 0, "ends"),
      async (kite, id, ranges) => {
        const { stream } = await kite.download(id)
        assert.instanceOf((await read(stream)).error, ConnectionError)
        assert.strictEqual(ranges().length, 4)
      }
    )
  )

  it.effect("never puts two contents together", () =>
    withDocument(
      (response, count) => cut(response, 100_000, "ends", count === 0 ? {} : { etag: '"other"' }),
      async (kite, id) => {
        const { stream } = await kite.download(id)
        assert.instanceOf((await read(stream)).error, ConnectionError)
      }
    )
  )

  it.effect("starts at a byte", () =>
    withDocument(
      (response) => response,
      async (kite, id) => {
        const { stream, sizeBytes } = await kite.download(id, { start: 300_000 })
        assert.strictEqual(sizeBytes, text.length)
        assert.strictEqual((await read(stream)).whole, text.slice(300_000))
        const beyond = await kite.download(id, { start: text.length }).catch((error: unknown) => error)
        assert.isTrue(isProblem(beyond, "urn:kite:problem:range-not-satisfiable"))
      }
    )
  )

  it.effect("ends at its time limit when nothing comes, and when its signal aborts", () =>
    withDocument(
      (response) => cut(response, 1_000, "hangs"),
      async (kite, id, ranges) => {
        const { stream } = await kite.download(id, { timeoutMs: 300 })
        assert.deepInclude((await read(stream)).error, { name: "TimeoutError" })
        assert.strictEqual(ranges().length, 1)
        const controller = new AbortController()
        const aborted = await kite.download(id, { signal: controller.signal })
        controller.abort("enough")
        assert.strictEqual((await read(aborted.stream)).error, "enough")
      }
    )
  )
})

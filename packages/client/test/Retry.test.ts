import { afterEach, assert, beforeEach, describe, it, vi } from "@effect/vitest"
import { ConnectionError, isProblem } from "../src/Problem.ts"
import { hang, interceptedKite, jsonOf, problem, type Sent } from "./Faults.ts"

const session = { accessToken: "token", tokenType: "Bearer", expiresIn: 900, user: {} }
const refusal = (seconds: string) => problem("unavailable", 503, { "retry-after": seconds })
const broken = () => {
  throw new TypeError("fetch failed")
}

/** A logged-in client that gets these responses, the last one again and again, and what it sent besides the login. */
const kiteWith = async (...responses: ReadonlyArray<() => Response>) => {
  const left = [...responses]
  const { kite, sent } = interceptedKite("http://kite.test", ({ path }) => {
    if (path.startsWith("/api/auth/")) return jsonOf(session)
    const next = left.length > 1 ? left.shift() : left[0]
    return next?.() ?? broken()
  })
  await kite.login({ email: "anna@example.org", password: "up, up and away 9" })
  sent.length = 0
  return { kite, sent: sent as ReadonlyArray<Sent> }
}

/** Settles a call while the fake clock runs. */
const settled = async <A>(call: Promise<A>) => {
  const outcome = call.then(
    (value) => ({ value, error: undefined }),
    (error: unknown) => ({ value: undefined, error })
  )
  await vi.runAllTimersAsync()
  return outcome
}

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const ready = () => jsonOf({ id: "1", status: "ready" })

describe("a client", () => {
  it("waits as long as Retry-After says, and then sends the call again", async () => {
    const { kite, sent } = await kiteWith(() => refusal("7"), ready)
    const call = kite.document("1")
    await vi.advanceTimersByTimeAsync(6_999)
    assert.strictEqual(sent.length, 1)
    await vi.advanceTimersByTimeAsync(1)
    assert.strictEqual((await call).status, "ready")
  })

  it("reads a date in Retry-After", async () => {
    const { kite, sent } = await kiteWith(() => refusal(new Date(Date.now() + 20_000).toUTCString()), ready)
    const call = kite.document("1")
    await vi.advanceTimersByTimeAsync(18_000)
    assert.strictEqual(sent.length, 1)
    await vi.advanceTimersByTimeAsync(2_000)
    assert.strictEqual((await call).status, "ready")
  })

  it("fails at once if kite asks for more than a minute, and says how long", async () => {
    const { kite, sent } = await kiteWith(() => problem("too-many-transfers", 429, { "retry-after": "61" }), ready)
    const { error } = await settled(kite.document("1"))
    assert.isTrue(isProblem(error, "urn:kite:problem:too-many-transfers") && error.retryAfterMs === 61_000)
    assert.strictEqual(sent.length, 1)
  })

  it("gives up after three retries", async () => {
    const { kite, sent } = await kiteWith(() => refusal("1"))
    const { error } = await settled(kite.document("1"))
    assert.isTrue(isProblem(error, "urn:kite:problem:unavailable"))
    assert.strictEqual(sent.length, 4)
  })

  it("sends what changes nothing the second time again after a broken connection", async () => {
    const { kite, sent } = await kiteWith(broken, () => new Response("<h1>Bad gateway</h1>", { status: 502 }), ready)
    assert.strictEqual((await settled(kite.document("1"))).value?.status, "ready")
    assert.strictEqual(sent.length, 3)
  })

  it("sends a call whose outcome is unknown again only if nothing can happen twice", async () => {
    const { kite, sent } = await kiteWith(broken)
    assert.instanceOf((await settled(kite.reprocess("1"))).error, ConnectionError)
    assert.strictEqual(sent.length, 1)
  })

  it("sends a call that kite refused again, whatever it is", async () => {
    const { kite, sent } = await kiteWith(
      () => refusal("1"),
      () => jsonOf({ id: "1", status: "pending" }, 202)
    )
    assert.strictEqual((await settled(kite.reprocess("1"))).value?.status, "pending")
    assert.strictEqual(sent.length, 2)
  })

  it("sends an upload again under the same Idempotency-Key, and the next one under another", async () => {
    const { kite, sent } = await kiteWith(
      broken,
      () => problem("idempotency-key-in-use", 409, { "retry-after": "1" }),
      () => jsonOf({ id: "1" }, 201)
    )
    assert.strictEqual((await settled(kite.upload(new Blob(["hello"])))).value?.id, "1")
    await settled(kite.upload(new Blob(["hello"])))
    const [first, second, third, other] = sent.map(({ headers }) => headers.get("idempotency-key"))
    assert.match(first ?? "", /^"[0-9a-f]{32}"$/)
    assert.deepStrictEqual([second, third], [first, first])
    assert.notStrictEqual(other, first)
  })

  it("tells the length of an upload, so that kite can refuse it before it is sent", async () => {
    const { kite, sent } = await kiteWith(() => jsonOf({ id: "1" }, 201))
    await settled(kite.upload(new Blob(["hello"])))
    await settled(kite.upload(new Blob(["hello, world"])))
    const [short, long] = sent.map(({ headers }) => Number(headers.get("content-length")))
    assert.strictEqual((long ?? 0) - (short ?? 0), ", world".length)
  })

  it("does not multiply the retries of a call and of the renewal that it waits for", async () => {
    const { kite, sent } = interceptedKite("http://kite.test", () => refusal("1"))
    assert.isTrue(isProblem((await settled(kite.document("1"))).error, "urn:kite:problem:unavailable"))
    assert.deepStrictEqual(new Set(sent.map(({ path }) => path)), new Set(["/api/auth/refresh"]))
    assert.strictEqual(sent.length, 4)
  })

  it("sends a stream once", async () => {
    const { kite, sent } = await kiteWith(() => refusal("1"))
    const { error } = await settled(kite.upload(new Blob(["hello"]).stream()))
    assert.isTrue(isProblem(error, "urn:kite:problem:unavailable"))
    assert.strictEqual(sent.length, 1)
  })

  it("takes not-found for success when it deletes a second time, and for an error the first time", async () => {
    const missing = () => problem("not-found", 404)
    const { kite } = await kiteWith(broken, missing)
    assert.isUndefined((await settled(kite.delete("1"))).error)
    assert.isTrue(isProblem((await settled(kite.delete("1"))).error, "urn:kite:problem:not-found"))
  })

  it("stops waiting for a retry when its signal aborts", async () => {
    const { kite, sent } = await kiteWith(() => refusal("30"))
    const controller = new AbortController()
    const failure = kite.document("1", { signal: controller.signal }).catch((error: unknown) => error)
    await vi.advanceTimersByTimeAsync(1_000)
    controller.abort("enough")
    assert.strictEqual(await failure, "enough")
    assert.strictEqual(sent.length, 1)
    assert.strictEqual(vi.getTimerCount(), 0)
  })

  it("calls an error response that is no problem about:blank", async () => {
    const { kite } = await kiteWith(() => new Response("<h1>No</h1>", { status: 418, statusText: "Teapot" }))
    const { error } = await settled(kite.document("1"))
    assert.deepInclude(error, { problem: { type: "about:blank", status: 418, title: "Teapot" }, message: "Teapot" })
  })
})

describe("a call that hangs", () => {
  const hangingKite = () =>
    interceptedKite("http://kite.test", (sent) => (sent.path.startsWith("/api/auth/") ? jsonOf(session) : hang(sent)))

  it("ends at its time limit, and is not sent again", async () => {
    const { kite, sent } = hangingKite()
    const { error } = await settled(kite.document("1", { timeoutMs: 2_000 }))
    assert.deepInclude(error, { name: "TimeoutError", message: "No end after 2000 ms" })
    assert.strictEqual(sent.filter(({ path }) => path.startsWith("/api/documents")).length, 1)
  })

  it("ends when its signal aborts", async () => {
    const { kite } = hangingKite()
    const controller = new AbortController()
    const call = kite.document("1", { signal: controller.signal })
    await vi.advanceTimersByTimeAsync(1_000)
    controller.abort("enough")
    assert.strictEqual((await settled(call)).error, "enough")
    assert.strictEqual(vi.getTimerCount(), 0)
  })
})

describe("waitUntilReady", () => {
  const pending = () => jsonOf({ id: "1", status: "pending" })

  it("asks less and less often, and returns the document when its status is final", async () => {
    const { kite, sent } = await kiteWith(pending, pending, pending, () => jsonOf({ id: "1", status: "failed" }))
    const call = kite.waitUntilReady("1")
    await vi.advanceTimersByTimeAsync(250 + 374)
    assert.strictEqual(sent.length, 2)
    assert.strictEqual((await settled(call)).value?.status, "failed")
    assert.strictEqual(sent[0]?.path, "/api/documents/1?wait=15s")
  })

  it("ends with a TimeoutError", async () => {
    const { kite, sent } = await kiteWith(pending)
    const { error } = await settled(kite.waitUntilReady("1", { withinMs: 60_000 }))
    assert.deepInclude(error, { name: "TimeoutError" })
    assert.isBelow(sent.length, 25)
  })
})

import { assert } from "@effect/vitest"
import { sendAs, signUp, upload } from "@kite/testkit/http/Client"
import { assertProblem } from "@kite/testkit/http/Problem"
import { beginDownload, untilDropped } from "@kite/testkit/http/RawSocket"
import { TestServer } from "@kite/testkit/http/TestServer"
import { suite } from "@kite/testkit/Suite"
import { Duration, Effect, Layer } from "effect"
import { DownloadPatience } from "../../src/documents/StalledDownload.ts"

const sizeBytes = 20_000_000

const server = (variables: Readonly<Record<string, string>>, patience: number) =>
  TestServer.layerWith({ MAX_UPLOAD_BYTES: "25 MiB", ...variables }).pipe(
    Layer.provide(Layer.succeed(DownloadPatience, patience))
  )

const large = "a line of text\n".repeat(sizeBytes / 15)

suite(server({ MAX_DOWNLOADS_PER_ACCOUNT: "2" }, 600_000))("downloads of one account", (it) => {
  it.effect("wait where too many are under way, and are refused after 10 s with a time to come again", () =>
    Effect.gen(function* () {
      const [user, other] = [yield* signUp, yield* signUp]
      const path = `/api/documents/${(yield* upload(user, large)).json.id}/content`
      const another = `/api/documents/${(yield* upload(other, "hello")).json.id}/content`
      yield* Effect.gen(function* () {
        yield* beginDownload(user, path)
        yield* beginDownload(user, path)
        const refused = yield* sendAs(user, path, { headers: { range: "bytes=0-0" } })
        assertProblem(refused, 429, "too-many-transfers", path)
        assert.strictEqual(refused.headers.get("retry-after"), "1")
        assert.strictEqual((yield* sendAs(other, another)).status, 200)
      }).pipe(Effect.scoped)
      assert.strictEqual((yield* sendAs(user, path, { headers: { range: "bytes=0-0" } })).status, 206)
    })
  )
})

suite(server({}, 500))("a download that nobody reads", (it) => {
  it.effect("is dropped, and one that is read is not", () =>
    Effect.gen(function* () {
      const user = yield* signUp
      const path = `/api/documents/${(yield* upload(user, large)).json.id}/content`
      const socket = yield* beginDownload(user, path)
      const closed = yield* Effect.timeout(untilDropped(socket), "10 seconds")
      assert.isBelow(closed, sizeBytes)
      const whole = yield* sendAs(user, path)
      assert.strictEqual(whole.text.length, large.length)
    })
  )
})

const patience = 4_000

suite(server({ MAX_DOWNLOADS_PER_ACCOUNT: "1" }, patience))("a download that nobody reads", (it) => {
  it.effect("gives its place to the next one when its time is over, and not much later", () =>
    Effect.gen(function* () {
      const user = yield* signUp
      const path = `/api/documents/${(yield* upload(user, large)).json.id}/content`
      yield* beginDownload(user, path)
      const next = sendAs(user, path, { headers: { range: "bytes=0-0" } })
      const [elapsed, { status }] = yield* Effect.timed(next)
      assert.strictEqual(status, 206)
      assert.isAtLeast(Duration.toMillis(elapsed), patience - 500)
      assert.isBelow(Duration.toMillis(elapsed), 1.75 * patience)
    })
  )
})

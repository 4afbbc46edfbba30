import { assert } from "@effect/vitest"
import { type Caller, sendAs, signUp, upload } from "@kite/testkit/http/Client"
import { assertProblem } from "@kite/testkit/http/Problem"
import { openSocket } from "@kite/testkit/http/RawSocket"
import { TestServer } from "@kite/testkit/http/TestServer"
import { suite } from "@kite/testkit/Suite"
import { Duration, Effect, Layer } from "effect"
import { DownloadPatience } from "../../src/documents/StalledDownload.ts"

const sizeBytes = 20_000_000

const server = (variables: Readonly<Record<string, string>>, patience: number) =>
  TestServer.layerWith({ MAX_UPLOAD_BYTES: "25 MiB", ...variables }).pipe(
    Layer.provide(Layer.succeed(DownloadPatience, patience))
  )

/** Asks for a download and reads nothing of it but the first bytes. */
const beginDownload = Effect.fnUntraced(function* (user: Caller, id: string) {
  const socket = yield* openSocket
  socket.write(
    `GET /api/documents/${id}/content HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${user.authorization["authorization"]}\r\n\r\n`
  )
  yield* Effect.callback<void>((resume) => void socket.once("readable", () => resume(Effect.void)))
  return socket
})

const large = "a line of text\n".repeat(sizeBytes / 15)

suite(server({ MAX_DOWNLOADS_PER_ACCOUNT: "2" }, 600_000))("downloads of one account", (it) => {
  it.effect("wait where too many are under way, and are refused after 10 s with a time to come again", () =>
    Effect.gen(function* () {
      const [user, other] = [yield* signUp, yield* signUp]
      const path = `/api/documents/${(yield* upload(user, large)).json.id}/content`
      const held = path.split("/")[3] ?? ""
      const another = `/api/documents/${(yield* upload(other, "hello")).json.id}/content`
      yield* Effect.gen(function* () {
        yield* beginDownload(user, held)
        yield* beginDownload(user, held)
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
      const { json } = yield* upload(user, large)
      const socket = yield* beginDownload(user, json.id)
      const closed = yield* Effect.callback<number>((resume) => {
        // The socket hears of its end without being read: the server destroys it.
        const poll = setInterval(() => {
          if (socket.destroyed || socket.readyState === "closed") resume(Effect.succeed(socket.bytesRead))
          else socket.write("x", (error) => error && resume(Effect.succeed(socket.bytesRead)))
        }, 50)
        return Effect.sync(() => clearInterval(poll))
      }).pipe(Effect.timeout("10 seconds"))
      assert.isBelow(closed, sizeBytes)
      const whole = yield* sendAs(user, `/api/documents/${json.id}/content`)
      assert.strictEqual(whole.text.length, large.length)
    })
  )
})

const patience = 4_000

suite(server({ MAX_DOWNLOADS_PER_ACCOUNT: "1" }, patience))("a download that nobody reads", (it) => {
  it.effect("gives its place to the next one when its time is over, and not much later", () =>
    Effect.gen(function* () {
      const user = yield* signUp
      const { json } = yield* upload(user, large)
      yield* beginDownload(user, json.id)
      const next = sendAs(user, `/api/documents/${json.id}/content`, { headers: { range: "bytes=0-0" } })
      const [elapsed, { status }] = yield* Effect.timed(next)
      assert.strictEqual(status, 206)
      assert.isAtLeast(Duration.toMillis(elapsed), patience - 500)
      assert.isBelow(Duration.toMillis(elapsed), 1.75 * patience)
    })
  )
})

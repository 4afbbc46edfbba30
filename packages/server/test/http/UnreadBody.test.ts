import { connect } from "node:net"
import { assert } from "@effect/vitest"
import { post, signUp } from "@kite/testkit/http/Client"
import { contentType, filePart } from "@kite/testkit/http/Multipart"
import { TestServer } from "@kite/testkit/http/TestServer"
import { suite } from "@kite/testkit/Suite"
import { Effect, Layer, References } from "effect"
import { Patience } from "../../src/http/UnreadBody.ts"

const mebibyte = 1024 * 1024

interface Outcome {
  readonly received: string
  /** The code of the socket's error. */
  readonly error: string | undefined
  /** Whether the server took all that was sent. */
  readonly sentAll: boolean
}

/** Sends all of a request before it reads anything of the response, as wget does. */
const sendAll = (url: string, head: string, body: Buffer) =>
  Effect.callback<Outcome>((resume) => {
    const { port } = new URL(url)
    const chunks: Array<Buffer> = []
    let error: string | undefined
    let sentAll = false
    const socket = connect(Number(port), "127.0.0.1", () => {
      socket.pause()
      socket.write(head)
      socket.write(body, (failed) => {
        sentAll = !failed
        socket.on("data", (chunk: Buffer) => chunks.push(chunk)).resume()
      })
    })
    socket.on("error", ({ code }: NodeJS.ErrnoException) => {
      error = code
    })
    socket.on("close", () =>
      resume(
        Effect.succeed({
          received: Buffer.concat(chunks).toString(),
          error,
          sentAll
        })
      )
    )
    return Effect.sync(() => socket.destroy())
  }).pipe(Effect.timeout("20 seconds"))

const head = (length: number, ...headers: ReadonlyArray<string>) =>
  [
    "POST /api/documents HTTP/1.1",
    "Host: localhost",
    `Content-Type: ${contentType}`,
    `Content-Length: ${length}`,
    ...headers,
    "\r\n"
  ].join("\r\n")

const assertReceived = ({ received, error }: Outcome, status: number) => {
  assert.isUndefined(error)
  assert.match(received, new RegExp(`^HTTP/1.1 ${status} `))
  assert.match(received, /^connection: close$/im)
  const [, body = ""] = received.split("\r\n\r\n")
  assert.strictEqual(JSON.parse(body).status, status)
}

suite(TestServer.layerWith({ MAX_UPLOAD_BYTES: "1 MiB", RATE_LIMIT_ACCOUNT: "1/1h" }))("a refused upload", (it) => {
  it.effect("reaches a client that reads nothing before it has sent everything", () =>
    Effect.gen(function* () {
      const { url } = yield* TestServer
      const { authorization } = yield* signUp
      const user = `Authorization: ${authorization.authorization}`
      const body = Buffer.from(filePart("x".repeat(6 * mebibyte)))
      assertReceived(yield* sendAll(url, head(body.length), body), 401)
      assertReceived(yield* sendAll(url, head(body.length, user), body), 413)
      assertReceived(yield* sendAll(url, head(body.length, user), body), 429)
      const json = head(body.length, user).replace(contentType, "application/json").replace("documents", "auth/login")
      assertReceived(yield* sendAll(url, json, body), 413)
    })
  )

  it.effect("in the middle of its file reaches such a client, too", () =>
    Effect.gen(function* () {
      const { url } = yield* TestServer
      const { authorization } = yield* signUp
      const file = filePart("\0".repeat(6 * mebibyte))
      const body = Buffer.from(`${file.length.toString(16)}\r\n${file}\r\n0\r\n\r\n`)
      const chunked = head(0, `Authorization: ${authorization.authorization}`).replace(
        "Content-Length: 0",
        "Transfer-Encoding: chunked"
      )
      assertReceived(yield* sendAll(url, chunked, body), 415)
    })
  )

  it.effect("reaches fetch", () =>
    Effect.gen(function* () {
      const { url } = yield* TestServer
      const form = new FormData()
      form.append("file", new Blob([new Uint8Array(6 * mebibyte)]), "a.txt")
      for (let times = 0; times < 5; times++) {
        const { status } = yield* Effect.promise(() => fetch(`${url}/api/documents`, { method: "POST", body: form }))
        assert.strictEqual(status, 401)
      }
    })
  )

  it.effect("is not waited for where the client asks before it sends", () =>
    Effect.gen(function* () {
      const { url } = yield* TestServer
      const before = performance.now()
      const outcome = yield* sendAll(url, head(6 * mebibyte, "Expect: 100-continue"), Buffer.alloc(0))
      assertReceived(outcome, 401)
      assert.isBelow(performance.now() - before, 4_000)
    })
  )
})

const impatient = Layer.merge(
  Layer.succeed(References.MinimumLogLevel, "Fatal" as const),
  Layer.succeed(Patience, { bytes: mebibyte, millis: 300 })
)

suite(TestServer.layerOn({ logging: impatient }))("the rest of a refused upload", (it) => {
  it.effect("is read up to a limit of bytes", () =>
    Effect.gen(function* () {
      const { url } = yield* TestServer
      const { sentAll } = yield* sendAll(url, head(64 * mebibyte), Buffer.alloc(64 * mebibyte))
      assert.isFalse(sentAll)
    })
  )

  it.effect("is waited for up to a limit of time", () =>
    Effect.gen(function* () {
      const { url } = yield* TestServer
      assertReceived(yield* sendAll(url, head(64 * mebibyte), Buffer.from("only this")), 401)
    })
  )
})

suite(TestServer.layer)("a small body that nobody reads", (it) => {
  it.effect("does not close the connection", () =>
    Effect.gen(function* () {
      const { headers } = yield* post("/api/documents", "x".repeat(10_000))
      assert.notStrictEqual(headers.get("connection"), "close")
    })
  )
})

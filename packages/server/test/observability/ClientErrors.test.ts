import { connect } from "node:net"
import { assert } from "@effect/vitest"
import { suite } from "@kite/testkit/Suite"
import { Effect } from "effect"
import { HttpRouter, HttpServerResponse } from "effect/http"
import { ObservedServer } from "./ObservedServer.ts"

const echo = HttpRouter.add("POST", "/echo", (request) =>
  Effect.map(request.text, (text) => HttpServerResponse.text(text))
)

/** Sends the text over a socket and returns everything received until the socket closes. */
const send = Effect.fnUntraced(function* (text: string) {
  const { port } = new URL((yield* ObservedServer).url)
  return yield* Effect.callback<string>((resume) => {
    let heard = ""
    const socket = connect(Number(port), "127.0.0.1", () => socket.write(text))
    socket.on("data", (chunk) => {
      heard += chunk
    })
    socket.on("close", () => resume(Effect.succeed(heard)))
  })
})

const server = ObservedServer.layer(echo, {
  maxHeaderSize: 4_096,
  requestTimeout: 200,
  connectionsCheckingInterval: 50
})

suite(server)("input that never becomes a request", (it) => {
  it.effect.each([
    { what: "not HTTP", text: "hello there\r\n\r\n", status: 400 },
    {
      what: "headers beyond the limit",
      text: `GET / HTTP/1.1\r\nhost: a\r\nx: ${"y".repeat(9_000)}\r\n\r\n`,
      status: 431
    },
    { what: "headers that arrive too slowly", text: "GET / HTTP/1.1\r\nhost:", status: 408 }
  ])("gets a response and a log line: $what", ({ text, status }) =>
    Effect.gen(function* () {
      const { accessLine } = yield* ObservedServer
      const response = yield* send(text)
      const [head = "", body = ""] = response.split("\r\n\r\n")
      assert.isTrue(head.startsWith(`HTTP/1.1 ${status} `), response)
      const { correlationId, type } = JSON.parse(body)
      assert.include(head, `x-correlation-id: ${correlationId}`)
      assert.match(type, /^urn:kite:problem:/)
      assert.deepInclude(yield* accessLine((it) => it.correlation_id === correlationId), { status })
    })
  )

  it.effect("a request whose body is too slow gets a response with its own id, and one log line", () =>
    Effect.gen(function* () {
      const { accessLine, capture } = yield* ObservedServer
      const response = yield* send("POST /echo HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\nslow")
      assert.isTrue(response.startsWith("HTTP/1.1 408 "), response)
      const id = /x-correlation-id: (\S+)/.exec(response)?.[1]
      assert.deepInclude(yield* accessLine((it) => it.correlation_id === id), { status: 408, path: "/echo" })
      assert.strictEqual(capture.parsed.filter((it) => it.path === "/echo").length, 1)
    })
  )
})

import { connect } from "node:net"
import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { HttpRouter, HttpServerResponse } from "effect/http"
import { ObservedServer } from "./ObservedServer.ts"

const echo = HttpRouter.add("POST", "/echo", (request) =>
  Effect.map(request.text, (text) => HttpServerResponse.text(text))
)

/** Sends the text over a socket and answers all that comes back until it is closed. */
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

layer(server, { excludeTestServices: true })("what never becomes a request", (it) => {
  it.effect.each([
    { what: "no HTTP at all", text: "hello there\r\n\r\n", status: 400 },
    {
      what: "headers beyond the limit",
      text: `GET / HTTP/1.1\r\nhost: a\r\nx: ${"y".repeat(9_000)}\r\n\r\n`,
      status: 431
    },
    { what: "headers that come too slowly", text: "GET / HTTP/1.1\r\nhost:", status: 408 }
  ])("is answered and logged: $what", ({ text, status }) =>
    Effect.gen(function* () {
      const { accessLine } = yield* ObservedServer
      const answer = yield* send(text)
      const [head = "", body = ""] = answer.split("\r\n\r\n")
      assert.isTrue(head.startsWith(`HTTP/1.1 ${status} `), answer)
      const { correlationId, type } = JSON.parse(body)
      assert.include(head, `x-correlation-id: ${correlationId}`)
      assert.match(type, /^urn:kite:problem:/)
      assert.deepInclude(yield* accessLine((it) => it.correlation_id === correlationId), { status })
    })
  )

  it.effect("is answered under the id of its request where only the body is too slow, and logged once", () =>
    Effect.gen(function* () {
      const { accessLine, capture } = yield* ObservedServer
      const answer = yield* send("POST /echo HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\nslow")
      assert.isTrue(answer.startsWith("HTTP/1.1 408 "), answer)
      const id = /x-correlation-id: (\S+)/.exec(answer)?.[1]
      assert.deepInclude(yield* accessLine((it) => it.correlation_id === id), { status: 408, path: "/echo" })
      assert.strictEqual(capture.parsed.filter((it) => it.path === "/echo").length, 1)
    })
  )
})

import { connect, type Socket } from "node:net"
import { Effect } from "effect"
import type { Answer, Caller } from "./Client.ts"
import { contractFault } from "./Contract.ts"
import { TestServer } from "./TestServer.ts"

/** Parses the first response that a server sent, even if its body is incomplete. */
const parse = (received: string): Answer => {
  const [head = "", ...rest] = received.split("\r\n\r\n")
  const [line = "", ...fields] = head.split("\r\n")
  const headers = new Headers(
    fields.map((field): [string, string] => [field.slice(0, field.indexOf(":")), field.slice(field.indexOf(":") + 1)])
  )
  const text = rest.join("\r\n\r\n")
  const isJson = headers.get("content-type")?.includes("json") === true
  return { status: Number(line.split(" ")[1]), headers, text, json: isJson ? JSON.parse(text) : undefined }
}

/** A connection to the server that closes with the scope. */
export const openSocket = Effect.flatMap(TestServer, ({ url }) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const { hostname, port } = new URL(url)
      // A server that has responded need not read the rest.
      return connect({ host: hostname, port: Number(port), allowHalfOpen: true }).on("error", () => {})
    }),
    (socket) => Effect.sync(() => socket.destroy())
  )
)

/** Asks for a response of the API and reads nothing of it; ends when its first bytes are there. */
export const beginDownload = Effect.fnUntraced(function* ({ authorization }: Caller, path: string, accept = "*/*") {
  const socket = yield* openSocket
  socket.write(
    `GET ${path} HTTP/1.1\r\nHost: localhost\r\nAccept: ${accept}\r\nAuthorization: ${authorization["authorization"]}\r\n\r\n`
  )
  yield* Effect.callback<void>((resume) => void socket.once("readable", () => resume(Effect.void)))
  return socket
})

/** Waits until the server has ended the connection, without reading; the bytes that were received. */
export const untilDropped = (socket: Socket) =>
  Effect.callback<number>((resume) => {
    // The socket hears of its end without being read: the server destroys it.
    const poll = setInterval(() => {
      if (socket.destroyed || socket.readyState === "closed") resume(Effect.succeed(socket.bytesRead))
      else socket.write("x", (error) => error && resume(Effect.succeed(socket.bytesRead)))
    }, 50)
    return Effect.sync(() => clearInterval(poll))
  })

/** The response, complete when the server closes. */
const receive = (socket: Socket) =>
  Effect.callback<Answer>((resume) => {
    let received = ""
    socket.setEncoding("utf8")
    socket.on("data", (data) => {
      received += data
    })
    socket.once("end", () => socket.destroy())
    socket.once("close", () => resume(Effect.sync(() => parse(received))))
  })

type Bytes = ReadonlyArray<string | Uint8Array>

const exchange = (parts: Bytes, leave: boolean) =>
  Effect.scoped(
    Effect.flatMap(openSocket, (socket) => {
      for (const part of parts) socket.write(part)
      if (leave) socket.end()
      return Effect.tap(receive(socket), (answer) => check(parts[0], answer))
    })
  )

/** Where the bytes begin as a request of the API does, the response must be one that the OpenAPI document declares. */
const check = (first: string | Uint8Array | undefined, answer: Answer) => {
  const [, method, path] = /^([A-Z]+) (\S+) HTTP\/1/.exec(String(first)) ?? []
  if (method === undefined || path === undefined || Number.isNaN(answer.status)) return Effect.void
  const fault = contractFault(method, path, answer)
  return fault === undefined ? Effect.void : Effect.die(new Error(`The OpenAPI document is not true: ${fault}`))
}

/** Sends bytes that no client library would; say `Connection: close`. */
export const sendRaw = (...parts: Bytes) => exchange(parts, false)

/** Sends bytes and closes its side. The response is empty if the server sends none to a client that has left. */
export const sendRawAndLeave = (...parts: Bytes) => exchange(parts, true)

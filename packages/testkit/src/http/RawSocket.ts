import { connect, type Socket } from "node:net"
import { Effect } from "effect"
import type { Answer } from "./Client.ts"
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
      return receive(socket)
    })
  )

/** Sends bytes that no client library would send. Include `Connection: close`. */
export const sendRaw = (...parts: Bytes) => exchange(parts, false)

/** Sends bytes and closes its side. The response is empty if the server sends none to a client that has left. */
export const sendRawAndLeave = (...parts: Bytes) => exchange(parts, true)

import { connect } from "node:net"
import { Effect } from "effect"
import type { Answer } from "./Client.ts"
import { TestServer } from "./TestServer.ts"

/** The first answer in what a server sent, with its headers and its body as far as it came. */
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

/**
 * Sends bytes that no client library would, then ends its side; the answer is all that came until the server closed.
 * Say `Connection: close`.
 */
export const sendRaw = (...parts: ReadonlyArray<string | Uint8Array>) =>
  Effect.flatMap(TestServer, ({ url }) =>
    Effect.callback<Answer>((resume) => {
      const { hostname, port } = new URL(url)
      const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true })
      let received = ""
      socket.setEncoding("utf8")
      socket.on("data", (data) => {
        received += data
      })
      socket.once("close", () => resume(Effect.sync(() => parse(received))))
      socket.once("end", () => socket.destroy())
      // a server that has answered need not read the rest
      socket.on("error", () => {})
      for (const part of parts) socket.write(part)
      return Effect.sync(() => socket.destroy())
    })
  )

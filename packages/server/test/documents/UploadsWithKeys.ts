import { eventually } from "@kite/testkit/Eventually"
import { type Caller, sendAs } from "@kite/testkit/http/Client"
import { contentType, end, filePart, uploadForm } from "@kite/testkit/http/Multipart"
import { openSocket } from "@kite/testkit/http/RawSocket"
import { TestServer } from "@kite/testkit/http/TestServer"
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

export const limitBytes = 1_000_000
export const server = TestServer.layerWith({ QUOTA_BYTES: String(limitBytes) })

interface Sent {
  readonly content?: string
  readonly filename?: string
  readonly query?: string
}

export const sendWithKey = (
  user: Caller,
  key: string,
  { content = "hello", filename = "a.txt", query = "" }: Sent = {}
) =>
  sendAs(user, `/api/documents${query}`, {
    method: "POST",
    headers: { "idempotency-key": key },
    body: uploadForm(content, filename)
  })

export const documentsOf = (user: Caller) =>
  Effect.map(sendAs(user, "/api/documents?limit=100"), ({ json }) => json.items as ReadonlyArray<{ id: string }>)

export const keysOf = Effect.fnUntraced(function* (user: { readonly id: string }) {
  const sql = yield* SqlClient.SqlClient
  return yield* sql<{ holder: string; status: number | null }>`
    SELECT holder, status FROM idempotency_keys WHERE user_id = ${user.id}`
})

/** Begins an upload with this key, and stops in the middle of its file. */
export const beginUpload = Effect.fnUntraced(function* (user: Caller & { readonly id: string }, key: string) {
  const socket = yield* openSocket
  const authorization = user.authorization["authorization"]
  const body = filePart("x".repeat(50_000)) + end
  socket.write(
    `POST /api/documents HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${authorization}\r\nIdempotency-Key: ${key}\r\nContent-Type: ${contentType}\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n`
  )
  socket.write(body.slice(0, 20_000))
  yield* eventually(keysOf(user), ({ length }) => length === 1)
  return {
    socket,
    finish: Effect.callback<string>((resume) => {
      let received = ""
      socket.on("data", (bytes) => {
        received += bytes.toString()
      })
      socket.once("end", () => resume(Effect.succeed(received)))
      socket.write(body.slice(20_000))
    })
  }
})

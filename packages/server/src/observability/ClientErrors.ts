import { randomUUID } from "node:crypto"
import { ServerResponse, STATUS_CODES } from "node:http"
import type { Socket } from "node:net"
import { RequestRecord, withRequest } from "@kite/adapters/logging/RequestContext"
import { problemType } from "@kite/domain/Problem"
import { Clock, Effect } from "effect"
import { countRequest } from "./RequestMetrics.ts"
import { correlationHeader, isLogged } from "./RequestScope.ts"

/** The problem for each error code of Node's HTTP parser and its timers. */
const refusals: Readonly<Record<string, { readonly status: number; readonly name: string }>> = {
  HPE_HEADER_OVERFLOW: { status: 431, name: "headers-too-large" },
  HPE_CHUNK_EXTENSIONS_OVERFLOW: { status: 413, name: "body-too-large" },
  ERR_HTTP_REQUEST_TIMEOUT: { status: 408, name: "request-timeout" }
}
const malformed = { status: 400, name: "invalid-request" }

/**
 * The listener for the `clientError` event of a `node:http` server. Input that never becomes a request (malformed, headers too large
 * or too slow) also gets a problem with a correlation id, and a line in the access log. A request whose body arrives too slowly
 * gets its response here, and its line from its own scope.
 */
export const makeClientErrors = Effect.gen(function* () {
  const run = Effect.runForkWith(yield* Effect.context<never>())
  const clock = yield* Clock.Clock

  const log = (record: RequestRecord, status: number, bytes: number, reason: string) =>
    Effect.withFiber((fiber) => {
      countRequest(fiber.context, record, status, record.startedAt)
      if (!isLogged(fiber, status, record.clientIp)) return Effect.void
      return Effect.logInfo(`Malformed HTTP request: ${status}`, { event: "http_request", status, bytes, reason })
    }).pipe(withRequest(record))

  return (error: NodeJS.ErrnoException, socket: Socket): void => {
    const response = responseOf(socket)
    if (!socket.writable || response?.headersSent) {
      socket.destroy(error)
      return
    }
    const { status, name } = refusals[error.code ?? ""] ?? malformed
    const correlationId = response?.getHeader(correlationHeader)?.toString() ?? randomUUID()
    const text = responseText(status, name, correlationId)
    socket.end(text, () => socket.destroy())
    if (response !== undefined) {
      response.statusCode = status
      return
    }
    const startedAt = clock.monotonicTimeNanosUnsafe()
    const record = new RequestRecord({ correlationId, startedAt, clientIp: socket.remoteAddress })
    run(log(record, status, text.length, error.code ?? "unknown"))
  }
})

/** The response that the socket is sending, for which Node has no public API. Writing into the middle of it would break it. */
const responseOf = (socket: Socket): ServerResponse | undefined => {
  const response: unknown = Reflect.get(socket, "_httpMessage")
  return response instanceof ServerResponse ? response : undefined
}

const responseText = (status: number, name: string, correlationId: string): string => {
  const title = STATUS_CODES[status] ?? ""
  const errors = status === 400 ? [] : undefined
  const body = JSON.stringify({ type: problemType(name), title, status, errors, correlationId })
  return [
    `HTTP/1.1 ${status} ${title}`,
    "connection: close",
    "content-type: application/problem+json",
    `content-length: ${body.length}`,
    `${correlationHeader}: ${correlationId}`,
    "",
    body
  ].join("\r\n")
}

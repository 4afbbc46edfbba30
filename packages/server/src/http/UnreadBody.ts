import type { IncomingMessage } from "node:http"
import { NodeHttpServerRequest } from "@effect/platform-node"
import { Context, Effect, Stream } from "effect"
import { HttpBody, type HttpServerRequest, HttpServerResponse } from "effect/http"

/** How much of a refused body is still read, and for how long. */
export const Patience = Context.Reference("@kite/server/http/UnreadBody/Patience", {
  defaultValue: () => ({ bytes: 10 * 1024 * 1024, millis: 5_000 })
})

/** What the platform reads by itself to keep the connection (@effect/platform-node 4.1.0). */
const small = 256 * 1024

/** A client that waits for 100 Continue sends nothing more once it is refused. */
const waitsForContinue = ({ headers, readableDidRead }: IncomingMessage) =>
  headers.expect !== undefined && !readableDidRead

const isLeft = (message: IncomingMessage) =>
  !message.complete &&
  !message.destroyed &&
  !waitsForContinue(message) &&
  (message.headers["transfer-encoding"] !== undefined || Number(message.headers["content-length"] ?? 0) > small)

/** Ends when the client has sent its body or left, at the latest at the limits. */
const drop = (message: IncomingMessage) =>
  Effect.flatMap(Patience, ({ bytes, millis }) =>
    Effect.callback<void>((resume) => {
      const finish = () => resume(Effect.void)
      let left = bytes
      const count = (chunk: Uint8Array) => {
        left -= chunk.length
        if (left >= 0) return
        // Node would read on until the response has ended.
        message.socket.destroy()
        finish()
      }
      message.unpipe()
      message.on("data", count).once("end", finish).once("close", finish).resume()
      if (message.complete || message.destroyed) finish()
      return Effect.sync(() => {
        message.off("data", count).off("end", finish).off("close", finish).pause()
      })
    }).pipe(Effect.timeoutOrElse({ duration: millis, orElse: () => Effect.void }))
  )

/**
 * Lets refusals reach clients that are still sending: the response goes out at once, and the rest of the body is read and dropped
 * before the connection closes. A connection that closes on unread bytes is reset, and the client loses the response (RFC 9112
 * section 9.6).
 */
export const dropUnreadBody = (
  request: HttpServerRequest.HttpServerRequest,
  response: HttpServerResponse.HttpServerResponse
): HttpServerResponse.HttpServerResponse => {
  const { body } = response
  const message = NodeHttpServerRequest.toIncomingMessage(request) as IncomingMessage
  if (body._tag !== "Uint8Array" || !isLeft(message)) return response
  const whole = Stream.concat(Stream.succeed(body.body), Stream.fromEffectDrain(drop(message)))
  return HttpServerResponse.setBody(
    HttpServerResponse.setHeader(response, "connection", "close"),
    HttpBody.stream(whole, body.contentType, body.contentLength)
  )
}

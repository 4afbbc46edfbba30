import { ServerResponse } from "node:http"
import { NodeHttpServerRequest } from "@effect/platform-node"
import { Cause, type Exit } from "effect"
import { HttpServerError, type HttpServerRequest, HttpServerResponse } from "effect/http"

/** How a request ended. */
export interface ResponseFacts {
  /** As sent to the client; 499 if the client disconnected first, 500 if there was no response. */
  readonly status: number
  /** Bytes sent, headers included. */
  readonly bytes: number
  /** The client disconnected before the end of the response. */
  readonly aborted: boolean
  /** Why the request failed, without the response that was sent instead. */
  readonly cause: Cause.Cause<unknown>
}

type ResponseExit = Exit.Exit<HttpServerResponse.HttpServerResponse, unknown>

/** Node's own response, where the request came through a `node:http` server. */
export const nodeResponseOf = (request: HttpServerRequest.HttpServerRequest): ServerResponse | undefined => {
  const response = NodeHttpServerRequest.toServerResponse(request)
  return response instanceof ServerResponse ? response : undefined
}

/**
 * Call it when the request begins, and call the function it returns when the request has ended. The bytes come from the socket, which
 * sees everything that was written.
 */
export const observeResponse = (response: ServerResponse | undefined): ((exit: ResponseExit) => ResponseFacts) => {
  if (response === undefined) return factsOfExit
  const socket = response.socket
  const before = socket?.bytesWritten ?? 0
  return (exit) => {
    const facts = factsOfExit(exit)
    const aborted = facts.aborted || (response.destroyed && !response.writableEnded)
    // Node or the platform may have refused the request below this layer: then the status is already set.
    const isSet = response.headersSent || response.statusCode !== 200
    return {
      status: isSet ? response.statusCode : aborted ? 499 : facts.status,
      bytes: Math.max(0, (socket?.bytesWritten ?? before) - before),
      aborted,
      cause: facts.cause
    }
  }
}

const factsOfExit = (exit: ResponseExit): ResponseFacts => {
  if (exit._tag === "Success") {
    return { status: exit.value.status, bytes: lengthOf(exit.value), aborted: false, cause: Cause.empty }
  }
  const { reasons } = exit.cause
  const aborted = reasons.some((reason) => reason.annotations.has(HttpServerError.ClientAbort.key))
  const response = reasons.find(isResponse)?.defect
  return {
    status: aborted ? 499 : (response?.status ?? 500),
    bytes: lengthOf(response),
    aborted,
    cause: Cause.fromReasons(reasons.filter((reason) => !isResponse(reason)))
  }
}

const lengthOf = (response: HttpServerResponse.HttpServerResponse | undefined): number =>
  response?.body._tag === "Uint8Array" ? response.body.contentLength : 0

const isResponse = (
  reason: Cause.Reason<unknown>
): reason is Cause.Die & { readonly defect: HttpServerResponse.HttpServerResponse } =>
  reason._tag === "Die" && HttpServerResponse.isHttpServerResponse(reason.defect)

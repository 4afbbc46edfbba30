import { ServerResponse } from "node:http"
import { NodeHttpServerRequest } from "@effect/platform-node"
import { Cause, type Exit } from "effect"
import { HttpServerError, type HttpServerRequest, HttpServerResponse } from "effect/http"

/** What became of a request. */
export interface ResponseFacts {
  /** What the client was sent; 499 if it went away before, 500 if nothing was answered. */
  readonly status: number
  /** On the wire, headers included. */
  readonly bytes: number
  /** The client went away before it had all of it. */
  readonly aborted: boolean
  /** Why it failed, without the response that stood in for it. */
  readonly cause: Cause.Cause<unknown>
}

type ResponseExit = Exit.Exit<HttpServerResponse.HttpServerResponse, unknown>

/** Node's own response, where the request came through a `node:http` server. */
export const nodeResponseOf = (request: HttpServerRequest.HttpServerRequest): ServerResponse | undefined => {
  const response = NodeHttpServerRequest.toServerResponse(request)
  return response instanceof ServerResponse ? response : undefined
}

/** Call when the request begins; the function returned when it has ended. The socket knows what was sent, whoever wrote it. */
export const observeResponse = (response: ServerResponse | undefined): ((exit: ResponseExit) => ResponseFacts) => {
  if (response === undefined) return factsOfExit
  const socket = response.socket
  const before = socket?.bytesWritten ?? 0
  return (exit) => {
    const facts = factsOfExit(exit)
    const aborted = facts.aborted || (response.destroyed && !response.writableEnded)
    // Whoever refused the request below this layer has set the status.
    const told = response.headersSent || response.statusCode !== 200
    return {
      status: told ? response.statusCode : aborted ? 499 : facts.status,
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
  const answer = reasons.find(isAnswer)?.defect
  return {
    status: aborted ? 499 : (answer?.status ?? 500),
    bytes: lengthOf(answer),
    aborted,
    cause: Cause.fromReasons(reasons.filter((reason) => !isAnswer(reason)))
  }
}

const lengthOf = (response: HttpServerResponse.HttpServerResponse | undefined): number =>
  response?.body._tag === "Uint8Array" ? response.body.contentLength : 0

const isAnswer = (
  reason: Cause.Reason<unknown>
): reason is Cause.Die & { readonly defect: HttpServerResponse.HttpServerResponse } =>
  reason._tag === "Die" && HttpServerResponse.isHttpServerResponse(reason.defect)

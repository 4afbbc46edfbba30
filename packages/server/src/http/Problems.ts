import { CorrelationId } from "@kite/adapters/logging/RequestContext"
import {
  BodyTooLarge,
  InternalError,
  InvalidRequest,
  MethodNotAllowed,
  NotFound,
  RangeNotSatisfiable,
  Unavailable,
  UnsupportedMediaType
} from "@kite/domain/Problem"
import { Effect } from "effect"
import { HttpEffect, type HttpServerRequest, HttpServerRespondable, HttpServerResponse } from "effect/http"

const contentType = "application/problem+json"
/** Seconds after which a client may retry after 503. */
const retryAfter = "5"

const maxTypeCharacters = 100

/** Uploads are multipart, every other body is JSON. */
const mediaTypeDetail = (seen: string | undefined, url: string) => {
  const accepted = /^\/api\/documents(?:\?|$)/.test(url) ? "multipart/form-data" : "application/json"
  const type = seen === undefined ? "no Content-Type" : `the Content-Type "${seen.slice(0, maxTypeCharacters)}"`
  return `The body has ${type}; this route takes ${accepted}`
}

/** The problem for a response of the router or the platform, which have no body. */
const problemOf = (status: number, { headers, url }: HttpServerRequest.HttpServerRequest) => {
  switch (status) {
    case 400:
      return new InvalidRequest({ errors: [], detail: "The body cannot be read" })
    case 404:
      return new NotFound({})
    case 405:
      return new MethodNotAllowed({})
    case 413:
      return new BodyTooLarge({})
    case 415:
      return new UnsupportedMediaType({ detail: mediaTypeDetail(headers["content-type"], url) })
    case 416:
      return new RangeNotSatisfiable({})
    case 503:
      return new Unavailable({})
    default:
      return status >= 500 ? new InternalError({}) : undefined
  }
}

const withHeadersOf = (
  response: HttpServerResponse.HttpServerResponse,
  from: HttpServerResponse.HttpServerResponse
) => {
  const { "content-type": _type, "content-length": _length, ...headers } = from.headers
  return HttpServerResponse.setHeaders(response, headers)
}

/** Adds `instance`, the path without the query, which may hold private data, and `correlationId`. */
const complete = Effect.fnUntraced(function* (
  request: HttpServerRequest.HttpServerRequest,
  response: HttpServerResponse.HttpServerResponse
) {
  const { body, status } = response
  if (body._tag !== "Uint8Array") return response
  const correlationId = yield* CorrelationId
  const problem = JSON.parse(new TextDecoder().decode(body.body))
  const [instance] = request.url.split("?", 1)
  const whole = HttpServerResponse.jsonUnsafe({ ...problem, instance, correlationId }, { status, contentType })
  return withHeadersOf(whole, response)
})

const isProblem = ({ headers }: HttpServerResponse.HttpServerResponse) => headers["content-type"] === contentType
const isJson = ({ headers }: HttpServerResponse.HttpServerResponse) => headers["content-type"] === "application/json"

const render = Effect.fnUntraced(function* (
  request: HttpServerRequest.HttpServerRequest,
  response: HttpServerResponse.HttpServerResponse
) {
  if (isProblem(response)) return yield* complete(request, response)
  const problem = isJson(response) ? undefined : problemOf(response.status, request)
  if (problem === undefined) return response
  return yield* complete(request, withHeadersOf(yield* HttpServerRespondable.toResponse(problem), response))
})

/**
 * Makes every error an RFC 9457 problem with `instance` and `correlationId`, whether it comes from an endpoint, the router
 * (404, 405) or the platform (413, 415, 500). Every 503 gets `Retry-After`.
 */
export const renderProblems = <E, R>(app: Effect.Effect<HttpServerResponse.HttpServerResponse, E, R>) =>
  HttpEffect.withPreResponseHandler(
    app,
    Effect.fnUntraced(function* (request, response) {
      if (response.status < 400) return response
      const rendered = yield* render(request, response)
      return response.status === 503 ? HttpServerResponse.setHeader(rendered, "retry-after", retryAfter) : rendered
    })
  )

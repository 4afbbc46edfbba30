import { Schema } from "effect"
import { HttpApiError } from "effect/http-api"

/** RFC 9457 section 3.1.1 `type` of every problem that kite defines: stable, part of the API. */
export const problemType = <const Name extends string>(name: Name) => `urn:kite:problem:${name}` as const

/** One value of the request that did not fit: `path` starts with params, query, headers or payload. */
export const FieldError = Schema.Struct({
  path: Schema.Array(Schema.Union([Schema.String, Schema.Number])),
  message: Schema.String
}).annotate({ identifier: "FieldError" })

/** 400: the request does not fit the contract; `errors` says which field and why. */
export class InvalidRequest extends HttpApiError.Problem<InvalidRequest>()(
  "InvalidRequest",
  {
    type: problemType("invalid-request"),
    status: 400,
    title: "The request is not valid"
  },
  { errors: Schema.Array(FieldError) }
) {}

/** 404: no such route, or nothing of that id that belongs to the caller. */
export class NotFound extends HttpApiError.Problem<NotFound>()("NotFound", {
  type: problemType("not-found"),
  status: 404,
  title: "Not found"
}) {}

/** 405 with `Allow`: the route exists, not with this method. */
export class MethodNotAllowed extends HttpApiError.Problem<MethodNotAllowed>()("MethodNotAllowed", {
  type: problemType("method-not-allowed"),
  status: 405,
  title: "The method is not allowed here"
}) {}

/** 413: the body is larger than this route takes. */
export class BodyTooLarge extends HttpApiError.Problem<BodyTooLarge>()("BodyTooLarge", {
  type: problemType("body-too-large"),
  status: 413,
  title: "The body is too large"
}) {}

/** 415: the route does not take a body of this Content-Type. */
export class UnsupportedMediaType extends HttpApiError.Problem<UnsupportedMediaType>()("UnsupportedMediaType", {
  type: problemType("unsupported-media-type"),
  status: 415,
  title: "Bodies of this Content-Type are not taken here"
}) {}

/** 416: the Range lies outside the document; `Content-Range` says how long it is. */
export class RangeNotSatisfiable extends HttpApiError.Problem<RangeNotSatisfiable>()("RangeNotSatisfiable", {
  type: problemType("range-not-satisfiable"),
  status: 416,
  title: "The document has no such range"
}) {}

/** 500: a defect. Tells nothing of its cause; the log line with the correlation id does. */
export class InternalError extends HttpApiError.Problem<InternalError>()("InternalError", {
  type: problemType("internal-error"),
  status: 500,
  title: "Something went wrong on our side"
}) {}

/** 503 with `Retry-After`: a part that kite stands on does not answer in time. */
export class Unavailable extends HttpApiError.Problem<Unavailable>()("Unavailable", {
  type: problemType("unavailable"),
  status: 503,
  title: "The service cannot answer right now"
}) {}

import { Schema } from "effect"
import { HttpApiError } from "effect/http-api"

/** RFC 9457 section 3.1.1 `type` of every problem that kite defines: stable, part of the API. */
export const problemType = <const Name extends string>(name: Name) => `urn:kite:problem:${name}` as const

/** Links a problem to the log lines of its request; the server adds it to every problem. */
const correlation = { correlationId: Schema.optionalKey(Schema.String) }

/** Declares a problem (RFC 9457): `fields` are its members besides the standard ones and `correlationId`. */
export const Problem =
  <Self>() =>
  <
    const Tag extends string,
    const Type extends string,
    const Status extends number,
    const Fields extends HttpApiError.ProblemExtensionFields = Record<never, never>
  >(
    tag: Tag,
    declaration: HttpApiError.ProblemDeclaration<Type, Status>,
    fields?: Fields
  ) =>
    HttpApiError.Problem<Self>()(tag, declaration, { ...correlation, ...fields } as typeof correlation & Fields)

/** One value of the request that is not valid: `path` starts with params, query, headers or payload. */
export const FieldError = Schema.Struct({
  path: Schema.Array(Schema.Union([Schema.String, Schema.Int])),
  message: Schema.String
}).annotate({ identifier: "FieldError" })

/** A body of 64 KiB can be wrong in thousands of places. */
export const maxFieldErrors = 20

/** 400: the request does not match the contract; `errors` says which field and why, for the first ones. */
export class InvalidRequest extends Problem<InvalidRequest>()(
  "InvalidRequest",
  { type: problemType("invalid-request"), status: 400, title: "Invalid request" },
  { errors: Schema.Array(FieldError).check(Schema.isMaxLength(maxFieldErrors)) }
) {}

/** 404: no such route, or the caller owns nothing with this id. */
export class NotFound extends Problem<NotFound>()("NotFound", {
  type: problemType("not-found"),
  status: 404,
  title: "Not found"
}) {}

/** 405 with `Allow`: the path exists, but not with this method. */
export class MethodNotAllowed extends Problem<MethodNotAllowed>()("MethodNotAllowed", {
  type: problemType("method-not-allowed"),
  status: 405,
  title: "Method not allowed"
}) {}

/** 412: `If-Match` or `If-Unmodified-Since` does not hold; `ETag` and `Last-Modified` say what does. */
export class PreconditionFailed extends Problem<PreconditionFailed>()("PreconditionFailed", {
  type: problemType("precondition-failed"),
  status: 412,
  title: "Precondition failed"
}) {}

/** 413: the body is larger than this endpoint accepts. */
export class BodyTooLarge extends Problem<BodyTooLarge>()("BodyTooLarge", {
  type: problemType("body-too-large"),
  status: 413,
  title: "Request body too large"
}) {}

/** 415: the endpoint does not accept a body of this Content-Type. */
export class UnsupportedMediaType extends Problem<UnsupportedMediaType>()("UnsupportedMediaType", {
  type: problemType("unsupported-media-type"),
  status: 415,
  title: "Unsupported media type"
}) {}

/** Errors of every endpoint that takes a body. */
export const bodyProblems = [BodyTooLarge, UnsupportedMediaType] as const

/** 416: the document has no such range; `Content-Range` says how long it is. */
export class RangeNotSatisfiable extends Problem<RangeNotSatisfiable>()("RangeNotSatisfiable", {
  type: problemType("range-not-satisfiable"),
  status: 416,
  title: "Range not satisfiable"
}) {}

/** 500: a bug or an unexpected failure. The response does not tell its cause; the log line with the correlation id does. */
export class InternalError extends Problem<InternalError>()("InternalError", {
  type: problemType("internal-error"),
  status: 500,
  title: "Internal server error"
}) {}

/** 503 with `Retry-After`: something that kite depends on does not respond, or kite is overloaded. */
export class Unavailable extends Problem<Unavailable>()("Unavailable", {
  type: problemType("unavailable"),
  status: 503,
  title: "Service unavailable"
}) {}

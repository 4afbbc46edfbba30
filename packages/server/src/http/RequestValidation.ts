import { RequestValidation } from "@kite/domain/Api"
import { InvalidRequest, maxFieldErrors } from "@kite/domain/Problem"
import { Effect, SchemaIssue } from "effect"
import { type HttpApiError, HttpApiMiddleware } from "effect/http-api"
import { explainUnknownNames } from "./UnknownNames.ts"

const format = SchemaIssue.makeFormatterStandardSchemaV1()

const segment = (part: PropertyKey | { readonly key: PropertyKey }) => {
  const key = typeof part === "object" ? part.key : part
  return typeof key === "number" ? key : String(key)
}

/** Path and reason of each invalid value. The values themselves are never sent back. */
const fieldErrors = ({ kind, cause }: HttpApiError.HttpApiSchemaError) =>
  format(explainUnknownNames(cause.issue, kind === "Query" ? "parameter" : "member"))
    .issues.slice(0, maxFieldErrors)
    .map(({ path, message }) => ({ path: [kind.toLowerCase(), ...(path ?? []).map(segment)], message }))

/** A response that does not match the contract is a bug of ours; anything else is the client's mistake. */
export const layer = HttpApiMiddleware.layerSchemaErrorTransform(RequestValidation, (error) =>
  error.kind === "Body" || error.kind === "ResponseHeaders"
    ? Effect.die(error.cause)
    : Effect.fail(new InvalidRequest({ errors: fieldErrors(error) }))
)

import { createHash } from "node:crypto"
import { Email } from "@kite/domain/auth/Email"
import { Effect, Option, Schema } from "effect"
import { HttpServerRequest } from "effect/http"

const decode = Schema.decodeUnknownOption(Schema.fromJsonString(Schema.Struct({ email: Email })))

const hash = (email: Email) => createHash("sha256").update(email).digest("hex")

/**
 * SHA-256 of the normalised e-mail in the request's JSON body; undefined when there is none that could be one. The request keeps its
 * body, so that the handler reads it again.
 */
export const emailSubject = Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) => request.text).pipe(
  Effect.map((text) => Option.getOrUndefined(Option.map(decode(text), ({ email }) => hash(email)))),
  Effect.orElseSucceed(() => undefined)
)

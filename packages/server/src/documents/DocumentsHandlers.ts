import { Api } from "@kite/domain/Api"
import { IdempotencyKey } from "@kite/domain/documents/IdempotencyKey"
import { InvalidRequest } from "@kite/domain/Problem"
import { CurrentUser } from "@kite/domain/users/User"
import { Effect, Layer, Schema } from "effect"
import { type HttpServerRequest, HttpServerResponse } from "effect/http"
import { HttpApiBuilder } from "effect/http-api"
import { AuditLog } from "../audit/AuditLog.ts"
import { setHeader } from "../http/ResponseHeaders.ts"
import { makeContentResponse } from "./ContentResponse.ts"
import { Documents } from "./Documents.ts"
import { DocumentTexts } from "./DocumentTexts.ts"
import { makeGetWhenFinished } from "./GetWhenFinished.ts"
import { makeReadRecords } from "./ReadRecords.ts"
import { toDocument } from "./rows/DocumentRow.ts"
import { makeTextResponse } from "./TextResponse.ts"
import { Uploads } from "./Uploads.ts"

/** Problems that end soon: with another transfer or wait of the account, or with the first request of a key. */
const short = ["TooManyTransfers", "TooManyWaits", "IdempotencyKeyInUse"]
const retryAfter = (problem: { readonly _tag: string }) =>
  short.includes(problem._tag) ? setHeader("retry-after", "1") : Effect.void

const decodeKey = Schema.decodeUnknownEffect(IdempotencyKey)
const keyOf = ({ headers }: HttpServerRequest.HttpServerRequest) => {
  const { "idempotency-key": key } = headers
  if (key === undefined) return Effect.succeed(undefined)
  const invalid = (message: string) =>
    new InvalidRequest({ errors: [{ path: ["headers", "idempotency-key"], message }] })
  return Effect.mapError(decodeKey(key), ({ message }) => invalid(message))
}

export const layer = HttpApiBuilder.group(
  Api,
  "documents",
  Effect.fn(function* (handlers) {
    const documents = yield* Documents
    const uploads = yield* Uploads
    const getWhenFinished = yield* makeGetWhenFinished
    const respondContent = yield* makeContentResponse
    const respondText = yield* makeTextResponse
    const record = yield* makeReadRecords
    const owner = Effect.map(CurrentUser, ({ id }) => id)
    return handlers.handleAll({
      upload: Effect.fn(function* ({ query, payload: parts, request }) {
        const { onDuplicate = "keep" } = query
        const key = yield* keyOf(request)
        const bodyBytes = Number(request.headers["content-length"] ?? 0)
        const upload = uploads.upload(yield* owner, { parts, bodyBytes, onDuplicate, key })
        const { status, response } = yield* Effect.tapError(upload, retryAfter)
        return HttpServerResponse.jsonUnsafe(response, {
          status,
          headers: { location: `/api/documents/${response["id"]}` }
        })
      }),
      list: ({ query }) => Effect.flatMap(owner, (id) => documents.list(id, query)),
      get: ({ params, query, request }) =>
        owner.pipe(
          Effect.flatMap((id) => getWhenFinished(id, params.id, query.wait, request.headers["prefer"])),
          Effect.tapError(retryAfter),
          Effect.map(toDocument)
        ),
      rename: ({ params, payload }) => Effect.flatMap(owner, (id) => documents.rename(id, params.id, payload.filename)),
      remove: ({ params }) => Effect.flatMap(owner, (id) => documents.remove(id, params.id)),
      content: Effect.fn(function* ({ params }) {
        const id = yield* owner
        const response = yield* Effect.tapError(respondContent(id, yield* documents.get(id, params.id)), retryAfter)
        yield* record.download(params.id)(response)
        return response
      }),
      text: Effect.fn(function* ({ params, query }) {
        const id = yield* owner
        const document = yield* documents.withText(id, params.id)
        const response = yield* Effect.tapError(respondText(id, document, query), retryAfter)
        yield* record.text(params.id)(response)
        return response
      }),
      reprocess: ({ params }) => Effect.flatMap(owner, (id) => documents.reprocess(id, params.id))
    })
  })
).pipe(Layer.provide([AuditLog.layer, DocumentTexts.layer]))

import { Api } from "@kite/domain/Api"
import { CurrentUser } from "@kite/domain/users/User"
import { Effect, Layer } from "effect"
import { HttpEffect, HttpServerResponse } from "effect/http"
import { HttpApiBuilder } from "effect/http-api"
import { AuditLog } from "../audit/AuditLog.ts"
import { makeContentResponse } from "./ContentResponse.ts"
import { Documents } from "./Documents.ts"
import { partsOf } from "./multipart/Parts.ts"
import { makeReadRecords } from "./ReadRecords.ts"
import { toDocument } from "./rows/DocumentRow.ts"

const setHeader = (name: string, value: string) =>
  HttpEffect.appendPreResponseHandler((_request, response) =>
    Effect.succeed(HttpServerResponse.setHeader(response, name, value))
  )

/** Some transfer of the account ends soon. */
const retryAfter = (problem: { readonly _tag: string }) =>
  problem._tag === "TooManyTransfers" ? setHeader("retry-after", "1") : Effect.void

const setLocation = (id: string) => setHeader("location", `/api/documents/${id}`)

export const layer = HttpApiBuilder.group(
  Api,
  "documents",
  Effect.fn(function* (handlers) {
    const documents = yield* Documents
    const respondContent = yield* makeContentResponse
    const record = yield* makeReadRecords
    const owner = Effect.map(CurrentUser, ({ id }) => id)
    return handlers.handleAll({
      upload: Effect.fn(function* ({ request }) {
        const bodyBytes = Number(request.headers["content-length"] ?? 0)
        const document = yield* Effect.tapError(documents.upload(yield* owner, partsOf(request), bodyBytes), retryAfter)
        yield* setLocation(document.id)
        return document
      }),
      list: ({ query }) => Effect.flatMap(owner, (id) => documents.list(id, query)),
      get: ({ params }) =>
        Effect.map(
          Effect.flatMap(owner, (id) => documents.get(id, params.id)),
          toDocument
        ),
      rename: ({ params, payload }) => Effect.flatMap(owner, (id) => documents.rename(id, params.id, payload.filename)),
      remove: ({ params }) => Effect.flatMap(owner, (id) => documents.remove(id, params.id)),
      content: Effect.fn(function* ({ params }) {
        const id = yield* owner
        const response = yield* Effect.tapError(respondContent(id, yield* documents.get(id, params.id)), retryAfter)
        yield* record.download(params.id)(response)
        return response
      }),
      text: ({ params }) =>
        owner.pipe(
          Effect.flatMap((id) => documents.text(id, params.id)),
          Effect.tap(record.text(params.id))
        ),
      reprocess: ({ params }) => Effect.flatMap(owner, (id) => documents.reprocess(id, params.id))
    })
  })
).pipe(Layer.provide(AuditLog.layer))

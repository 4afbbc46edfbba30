import { Api } from "@kite/domain/Api"
import { CurrentUser } from "@kite/domain/users/User"
import { Effect, Layer } from "effect"
import { HttpEffect, HttpServerResponse } from "effect/http"
import { HttpApiBuilder } from "effect/http-api"
import { AuditLog } from "../audit/AuditLog.ts"
import { makeContentResponse } from "./ContentResponse.ts"
import { toDocument } from "./DocumentRow.ts"
import { Documents } from "./Documents.ts"
import { makeReadRecords } from "./ReadRecords.ts"

const setLocation = (id: string) =>
  HttpEffect.appendPreResponseHandler((_request, response) =>
    Effect.succeed(HttpServerResponse.setHeader(response, "location", `/api/documents/${id}`))
  )

export const layer = HttpApiBuilder.group(
  Api,
  "documents",
  Effect.fn(function* (handlers) {
    const documents = yield* Documents
    const respondContent = yield* makeContentResponse
    const record = yield* makeReadRecords
    const owner = Effect.map(CurrentUser, ({ id }) => id)
    return handlers.handleAll({
      upload: Effect.fn(function* ({ payload, request }) {
        const bodyBytes = Number(request.headers["content-length"] ?? 0)
        const document = yield* documents.upload(yield* owner, payload, bodyBytes)
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
      content: ({ params }) =>
        owner.pipe(
          Effect.flatMap((id) => documents.get(id, params.id)),
          Effect.flatMap(respondContent),
          Effect.tap(record.download(params.id))
        ),
      text: ({ params }) =>
        owner.pipe(
          Effect.flatMap((id) => documents.text(id, params.id)),
          Effect.tap(record.text(params.id))
        ),
      reprocess: ({ params }) => Effect.flatMap(owner, (id) => documents.reprocess(id, params.id))
    })
  })
).pipe(Layer.provide(AuditLog.layer))

import { Api } from "@kite/domain/Api"
import { Authentication } from "@kite/domain/auth/Authentication"
import { Effect } from "effect"
import { FetchHttpClient, HttpClientRequest } from "effect/http"
import { HttpApiClient, HttpApiMiddleware } from "effect/http-api"

const bearer = (token: string) =>
  HttpApiMiddleware.layerClient(Authentication, ({ next, request }) =>
    next(HttpClientRequest.bearerToken(request, token))
  )

export const find = (baseUrl: string, token: string, q: string) =>
  Effect.gen(function* () {
    const kite = yield* HttpApiClient.make(Api, { baseUrl })
    const { items } = yield* kite.documents.list({ query: { q } })
    return items.map(({ filename, status }) => `${filename} is ${status}`)
  }).pipe(Effect.provide([bearer(token), FetchHttpClient.layer]))

import { readFile } from "node:fs/promises"
import { Api } from "@kite/domain/Api"
import { Authentication } from "@kite/domain/auth/Authentication"
import { NewPassword } from "@kite/domain/auth/Password"
import type { DocumentId } from "@kite/domain/documents/Document"
import { Email } from "@kite/domain/users/Email"
import { Effect, Redacted } from "effect"
import { FetchHttpClient, HttpClientRequest } from "effect/http"
import { HttpApiClient, HttpApiMiddleware } from "effect/http-api"
import { uploadForm } from "./Multipart.ts"

const email = Email.make("anna@example.org")
const password = NewPassword.make(Redacted.make("up, up and away 9"))

/** A client derived from the contract, as TypeScript users create one. Its calls succeed and fail with the contract's types. */
export const typedClient = (baseUrl: string, headers: Readonly<Record<string, string>> = {}) =>
  HttpApiClient.make(Api, { baseUrl }).pipe(
    Effect.provide([
      HttpApiMiddleware.layerClient(Authentication, ({ next, request }) =>
        next(HttpClientRequest.setHeaders(request, headers))
      ),
      FetchHttpClient.layer
    ])
  )

/** Logs in to the kite at this URL and registers the account if necessary. `headers` authorize plain requests. */
export const logInAt = Effect.fnUntraced(function* (url: string) {
  const guest = yield* typedClient(url)
  yield* Effect.catchTag(guest.auth.register({ payload: { email, password } }), "EmailTaken", () => Effect.void)
  const { accessToken } = yield* guest.auth.login({ payload: { email, password } })
  const headers = { authorization: `Bearer ${accessToken}` }
  const client = yield* typedClient(url, headers)
  return {
    headers,
    ...client,
    /** Up to 100 documents, newest first. */
    list: Effect.map(client.documents.list({ query: { limit: 100 } }), ({ items }) => items),
    /** The text of the first 20 pages, with a form feed between two. */
    textOf: (id: DocumentId) =>
      Effect.map(client.documents.text({ params: { id }, query: {} }), ({ items }) =>
        items.map(({ text }) => text).join("\f")
      ),
    /** Uploads a file from the folder `examples`. */
    uploadExample: Effect.fnUntraced(function* (name: string) {
      const bytes = yield* Effect.promise(() => readFile(new URL(`../../../../examples/${name}`, import.meta.url)))
      return yield* client.documents.upload({ query: {}, payload: uploadForm(bytes, name) })
    })
  }
})

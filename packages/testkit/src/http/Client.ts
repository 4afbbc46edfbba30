import { Context, Effect, Layer } from "effect"
import { readAnswer } from "./Contract.ts"
import { uploadForm } from "./Multipart.ts"
import { TestServer } from "./TestServer.ts"
import { typedClient } from "./TypedClient.ts"

/** A response whose body was read, and parsed if it is JSON. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  readonly json: any
}

/** What requests need of a logged-in account. */
export interface Caller {
  readonly authorization: Readonly<Record<string, string>>
}

const password = "correct horse battery"

/** Plain requests over a real socket, as any client would make them. Every response is checked against the OpenAPI document. */
export const send = (path: string, init: RequestInit = {}) =>
  Effect.flatMap(TestServer, ({ url }) =>
    Effect.promise(async (signal) => readAnswer(init.method, path, await fetch(url + path, { signal, ...init })))
  )

/** Sends a request with this account's access token. */
export const sendAs = ({ authorization }: Caller, path: string, init: RequestInit = {}) =>
  send(path, { ...init, headers: { ...(init.headers as Record<string, string>), ...authorization } })

export const post = (path: string, body: unknown, headers: Readonly<Record<string, string>> = {}) =>
  send(path, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body)
  })

let count = 0

/** Registers a new account and logs in. */
export const signUp = Effect.gen(function* () {
  const email = `user${++count}@example.org`
  const registered = yield* post("/api/auth/register", { email, password })
  const { json, headers } = yield* post("/api/auth/login", { email, password })
  const authorization = { authorization: `Bearer ${json.accessToken}` }
  const cookie = headers.getSetCookie()[0]?.split(";")[0] ?? ""
  return { id: registered.json.id as string, email, password, authorization, cookie }
})

/** One account for all tests of a file that do not depend on the account. */
export class Someone extends Context.Service<Someone, Effect.Success<typeof signUp>>()("@kite/testkit/http/Someone") {
  static readonly layer = Layer.effect(Someone, signUp)
}

export const upload = (user: Caller, content: string | Uint8Array<ArrayBuffer>, filename?: string) =>
  sendAs(user, "/api/documents", { method: "POST", body: uploadForm(content, filename) })

/** The typed client of this account. */
export const clientOf = ({ authorization }: Caller) =>
  Effect.flatMap(TestServer, ({ url }) => typedClient(url, authorization))

/** The bytes that the account has stored, as the API returns them. */
export const usedBytes = (user: Caller) =>
  Effect.flatMap(clientOf(user), ({ auth }) => Effect.map(auth.me(), ({ quota }) => quota.usedBytes))

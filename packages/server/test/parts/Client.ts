import { Effect } from "effect"
import { TestServer } from "./TestServer.ts"

/** What came back, the body read: parsed where it is JSON. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  readonly json: any
}

const password = "correct horse battery"

/** Plain requests over a real socket, as any client would make them. */
export const send = (path: string, init: RequestInit = {}) =>
  Effect.flatMap(TestServer, ({ url }) =>
    Effect.promise(async (signal): Promise<Answer> => {
      const response = await fetch(url + path, { signal, ...init })
      const text = await response.text()
      const isJson = response.headers.get("content-type")?.includes("json") === true
      return { status: response.status, headers: response.headers, text, json: isJson ? JSON.parse(text) : undefined }
    })
  )

export const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  send(path, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body)
  })

let count = 0

/** A fresh account, logged in. */
export const signUp = Effect.gen(function* () {
  const email = `user${++count}@example.org`
  const registered = yield* post("/api/auth/register", { email, password })
  const { json, headers } = yield* post("/api/auth/login", { email, password })
  const authorization = { authorization: `Bearer ${json.accessToken}` }
  const cookie = headers.getSetCookie()[0]?.split(";")[0] ?? ""
  return { id: registered.json.id as string, email, password, authorization, cookie }
})

export const upload = (
  user: { readonly authorization: Record<string, string> },
  content: string | Uint8Array<ArrayBuffer>,
  filename = "note.txt"
) => {
  const form = new FormData()
  form.append("file", new Blob([content]), filename)
  return send("/api/documents", { method: "POST", headers: user.authorization, body: form })
}

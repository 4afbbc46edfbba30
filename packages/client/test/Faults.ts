import { Kite, type KiteOptions } from "../src/Kite.ts"

/** One request that a client sent. */
export interface Sent {
  readonly method: string
  readonly path: string
  readonly headers: Headers
  readonly signal: AbortSignal
}

/** A client whose requests pass through `answer`, with all that it sent, in order. `pass` sends a request for real. */
export const interceptedKite = (
  url: string,
  answer: (sent: Sent, pass: () => Promise<Response>) => Promise<Response> | Response,
  options: KiteOptions = {}
) => {
  const sent: Array<Sent> = []
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const { pathname, search } = new URL(String(input))
    const { method = "GET", signal } = init ?? {}
    const request = {
      method,
      path: pathname + search,
      headers: new Headers(init?.headers),
      signal: signal ?? AbortSignal.any([])
    }
    sent.push(request)
    return answer(request, () => globalThis.fetch(input, init))
  }
  return { kite: new Kite(url, { ...options, fetch }), sent }
}

export const jsonOf = (body: unknown, status = 200, headers: Readonly<Record<string, string>> = {}) =>
  new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json", ...headers } })

export const problem = (name: string, status: number, headers: Readonly<Record<string, string>> = {}) =>
  jsonOf({ type: `urn:kite:problem:${name}`, title: name, status, correlationId: "c" }, status, {
    "content-type": "application/problem+json",
    ...headers
  })

/** A response that never comes: rejects when the request is aborted, as fetch does. */
export const hang = ({ signal }: Pick<Sent, "signal">) =>
  new Promise<Response>((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)))

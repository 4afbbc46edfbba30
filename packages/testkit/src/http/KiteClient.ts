import { readFile } from "node:fs/promises"
import { Effect, Schedule } from "effect"

const password = "up, up and away 9"

const call = (url: string, init: RequestInit = {}) =>
  Effect.promise(async (signal): Promise<any> => {
    const response = await fetch(url, { signal, ...init })
    return response.status === 204 ? undefined : response.json()
  })

const postJson = (url: string, body: unknown) =>
  call(url, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) })

/** Logs in at a kite, as a new account where there is none yet. */
export const logIn = Effect.fnUntraced(function* (url: string) {
  const account = { email: "anna@example.org", password }
  yield* postJson(`${url}/api/auth/register`, account)
  const { accessToken } = yield* postJson(`${url}/api/auth/login`, account)
  const headers = { authorization: `Bearer ${accessToken}` }
  return {
    headers,
    me: call(`${url}/api/auth/me`, { headers }),
    list: Effect.map(call(`${url}/api/documents?limit=100`, { headers }), ({ items }) => items as ReadonlyArray<any>),
    text: (id: string) => call(`${url}/api/documents/${id}/text`, { headers }),
    /** Uploads one of the examples. */
    upload: Effect.fnUntraced(function* (example: string) {
      const bytes = yield* Effect.promise(() => readFile(new URL(`../../../../examples/${example}`, import.meta.url)))
      const body = new FormData()
      body.append("file", new Blob([bytes]), example)
      return yield* call(`${url}/api/documents`, { method: "POST", headers, body })
    })
  }
})

/** Asks again until it holds; a defect after the time is up. */
export const eventually = <A, E, R>(
  effect: Effect.Effect<A, E, R>,
  holds: (value: A) => boolean,
  seconds: number
): Effect.Effect<A, never, R> =>
  effect.pipe(
    Effect.repeat({ until: holds, schedule: Schedule.spaced("50 millis") }),
    Effect.timeout(`${seconds} seconds`),
    Effect.orDie
  )

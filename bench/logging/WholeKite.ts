import { spawn } from "node:child_process"
import { once } from "node:events"
import { createServer } from "node:net"
import { fileURLToPath } from "node:url"
import { temporaryDirectory } from "@kite/testkit/processes/TemporaryDirectory"
import { Effect, Schedule } from "effect"
import { Contender } from "./Contender.ts"

const main = fileURLToPath(new URL("../../packages/cli/src/main.ts", import.meta.url))
const limit = "1000000/1m"

const freePort = async () => {
  const server = createServer().listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  server.close()
  return typeof address === "object" ? String(address?.port) : ""
}

const post = async (url: string, body: unknown) => {
  const headers = { "content-type": "application/json" }
  const response = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) })
  return response.json()
}

/** An account with 20 documents; answers its access token. */
const prepare = async (url: string): Promise<string> => {
  const account = { email: "bench@example.org", password: "up, up and away 9" }
  await post(`${url}/api/auth/register`, account)
  const { accessToken } = Object(await post(`${url}/api/auth/login`, account))
  for (let index = 0; index < 20; index++) {
    const body = new FormData()
    body.append("file", new Blob([`document ${index}`]), `${index}.txt`)
    await fetch(`${url}/api/documents`, { method: "POST", body, headers: { authorization: `Bearer ${accessToken}` } })
  }
  return accessToken
}

/** The whole of kite: token, limits, query, 20 documents. Without lines there is none that tells its address. */
export const startWholeKite = Effect.fnUntraced(function* (name: string, LOG_LEVEL: string) {
  const DATA_DIR = yield* temporaryDirectory
  const PORT = yield* Effect.promise(freePort)
  const env = { PATH: process.env["PATH"], PORT, DATA_DIR, LOG_LEVEL, LOG_FORMAT: "json" }
  const child = yield* Effect.acquireRelease(
    Effect.sync(() =>
      spawn(process.execPath, [main, "start"], {
        env: { ...env, RATE_LIMIT_ACCOUNT: limit, RATE_LIMIT_IP: limit },
        stdio: ["ignore", "pipe", "inherit"]
      })
    ),
    (child) => {
      child.kill("SIGTERM")
      return Effect.promise(() => once(child, "exit"))
    }
  )
  // The log has a reader, as it has in a container.
  child.stdout.resume()
  const url = `http://127.0.0.1:${PORT}`
  yield* Effect.tryPromise(() => fetch(`${url}/health/live`, { signal: AbortSignal.timeout(1_000) })).pipe(
    Effect.filterOrFail(({ ok }) => ok),
    Effect.retry(Schedule.spaced("100 millis")),
    Effect.timeout("60 seconds")
  )
  const token = yield* Effect.promise(() => prepare(url))
  return new Contender(name, child, `${url}/api/documents`, { authorization: `Bearer ${token}` })
})

import { spawn } from "node:child_process"
import { once } from "node:events"
import { createServer } from "node:net"
import { fileURLToPath } from "node:url"
import { uploadForm } from "@kite/testkit/http/Multipart"
import { logInAt } from "@kite/testkit/http/TypedClient"
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

/** Creates an account with 20 documents; returns the headers that authorize it. */
const prepare = Effect.fnUntraced(function* (url: string) {
  const { headers, documents } = yield* logInAt(url)
  for (let index = 0; index < 20; index++) {
    yield* documents.upload({ query: {}, payload: uploadForm(`document ${index}`, `${index}.txt`) })
  }
  return headers
})

/** The whole of kite: token, limits, query, 20 documents. The port is chosen here, because no log line may show it. */
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
  // Reads the log, as a container runtime does.
  child.stdout.resume()
  const url = `http://127.0.0.1:${PORT}`
  yield* Effect.tryPromise(() => fetch(`${url}/health/live`, { signal: AbortSignal.timeout(1_000) })).pipe(
    Effect.filterOrFail(({ ok }) => ok),
    Effect.retry(Schedule.spaced("100 millis")),
    Effect.timeout("60 seconds")
  )
  return new Contender(name, child, `${url}/api/documents`, yield* prepare(url))
})

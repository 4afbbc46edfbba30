import { createServer } from "node:http"
import { NodeHttpServer } from "@effect/platform-node"
import { Settings } from "@kite/adapters/settings/Settings"
import { Effect, Layer } from "effect"
import { makeClientErrors } from "../observability/ClientErrors.ts"

/** A slow or silent client costs a socket for these times and no longer (408), and its headers no more than these bytes (431). */
const bounds = { headersTimeout: 10_000, requestTimeout: 300_000, keepAliveTimeout: 65_000, maxHeaderSize: 16_384 }
/** Node would drop all but the first of two Authorization or Host headers without a word; joined, they are no valid ones. */
const strict = { joinDuplicateHeaders: true }

/** The HTTP server on HOST and PORT. When its scope closes it takes nothing new and gives what is open SHUTDOWN_GRACE. */
export const layer = Layer.unwrap(
  Effect.gen(function* () {
    const { PORT: port, HOST: host, SHUTDOWN_GRACE: gracefulShutdownTimeout } = yield* Settings
    const clientErrors = yield* makeClientErrors
    return NodeHttpServer.layer(() => createServer({ ...bounds, ...strict }).on("clientError", clientErrors), {
      port,
      host,
      gracefulShutdownTimeout
    })
  })
)

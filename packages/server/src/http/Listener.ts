import { createServer, type ServerResponse } from "node:http"
import { NodeHttpServer } from "@effect/platform-node"
import { Settings } from "@kite/adapters/settings/Settings"
import { Unavailable } from "@kite/domain/Problem"
import { Effect, Layer } from "effect"
import { makeClientErrors } from "../observability/ClientErrors.ts"
import { limitConnections } from "./ConnectionLimits.ts"

/** A slow or silent client costs a socket for these times and no longer (408), and its headers no more than these bytes (431). */
const bounds = { headersTimeout: 10_000, requestTimeout: 300_000, keepAliveTimeout: 65_000, maxHeaderSize: 16_384 }
/** Node would drop all but the first of two Authorization or Host headers without a word; joined, they are no valid ones. */
const strict = { joinDuplicateHeaders: true }
/**
 * kite speaks no protocol but HTTP/1.1, so `Upgrade` is ignored (RFC 9110 section 7.8) and the request is served as any other. Node would
 * hand it to the platform's upgrade handler, which writes to a response of its own that never hears `drain` (@effect/platform-node
 * 4.1.0): a download stops after 256 KiB and keeps its socket, file and fiber for ever.
 */
const noUpgrade = { shouldUpgradeCallback: () => false }

const notYet = JSON.stringify(new Unavailable({ detail: "The server is starting or stopping" }))

const refuse = (response: ServerResponse) =>
  response
    .writeHead(503, { "content-type": "application/problem+json", "retry-after": "1", connection: "close" })
    .end(notYet)

/** The port is open a moment before the routes are there and after they have gone: then nobody else answers. */
const makeServer = (clientErrors: Effect.Success<typeof makeClientErrors>) => {
  const server = createServer({ ...bounds, ...strict, ...noUpgrade }).on("clientError", clientErrors)
  return server.on("request", (_request, response) => {
    if (server.listenerCount("request") === 1) refuse(response)
  })
}

/** The HTTP server on HOST and PORT. When its scope closes it takes nothing new and gives what is open SHUTDOWN_GRACE. */
export const layer = Layer.unwrap(
  Effect.gen(function* () {
    const settings = yield* Settings
    const { PORT: port, HOST: host, SHUTDOWN_GRACE: gracefulShutdownTimeout } = settings
    const clientErrors = yield* makeClientErrors
    return NodeHttpServer.layer(() => limitConnections(makeServer(clientErrors), settings), {
      port,
      host,
      gracefulShutdownTimeout
    })
  })
)

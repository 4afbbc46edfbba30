import { randomUUID } from "node:crypto"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import { NodeHttpServer } from "@effect/platform-node"
import { Settings } from "@kite/adapters/settings/Settings"
import { Unavailable } from "@kite/domain/Problem"
import { Effect, Layer } from "effect"
import { makeClientErrors } from "../observability/ClientErrors.ts"
import { correlationHeader } from "../observability/RequestScope.ts"
import { limitConnections } from "./ConnectionLimits.ts"

/** Limits for slow clients, in ms (408), and for headers, in bytes (431). */
const bounds = { headersTimeout: 10_000, requestTimeout: 300_000, keepAliveTimeout: 65_000, maxHeaderSize: 16_384 }
/**
 * Node would silently keep only the first of two Authorization or Host headers. Joined, they are invalid. A missing Host is
 * refused with a problem (RequiredHost.ts).
 */
const strict = { joinDuplicateHeaders: true, requireHostHeader: false }
/**
 * Ignores `Upgrade` (RFC 9110 section 7.8), since kite speaks HTTP/1.1 only. The platform's upgrade handler writes to a response that
 * never sees `drain` (@effect/platform-node 4.1.0): a download would stop after 256 KiB and keep its socket, file and fiber for ever.
 */
const noUpgrade = { shouldUpgradeCallback: () => false }

const refuse = ({ url = "" }: IncomingMessage, response: ServerResponse) => {
  const correlationId = randomUUID()
  const [instance = ""] = url.split("?", 1)
  const problem = new Unavailable({ detail: "The server is starting or stopping", instance, correlationId })
  response
    .writeHead(503, {
      "content-type": "application/problem+json",
      "retry-after": "1",
      [correlationHeader]: correlationId,
      connection: "close"
    })
    .end(JSON.stringify(problem))
}

/** The port opens a moment before the routes exist, and closes a moment after they are gone. Requests in between get 503. */
const makeServer = (clientErrors: Effect.Success<typeof makeClientErrors>) => {
  const server = createServer({ ...bounds, ...strict, ...noUpgrade }).on("clientError", clientErrors)
  return server.on("request", (request, response) => {
    if (server.listenerCount("request") === 1) refuse(request, response)
  })
}

/** The HTTP server on HOST and PORT. When its scope closes, it refuses new requests and gives open ones SHUTDOWN_GRACE. */
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

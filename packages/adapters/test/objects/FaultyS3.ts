import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import { Effect, Redacted } from "effect"

/** Responds to one request for an object or a listing, well or badly; the bucket itself always exists. */
export type Fault = (request: IncomingMessage, response: ServerResponse) => void

/** An S3 server on loopback whose behaviour the test defines. It records the line of each request: `PUT /kite/<key>`. */
export const startFaultyS3 = Effect.fnUntraced(function* (fault: Fault) {
  const requests: Array<string> = []
  let connections = 0
  const server = yield* Effect.acquireRelease(
    Effect.callback<ReturnType<typeof createServer>>((resume) => {
      const server = createServer((request, response) => {
        const line = `${request.method} ${request.url}`
        if (line === "HEAD /kite") return void response.end()
        // The search for abandoned uploads runs during the test and does not belong to it.
        if (line.startsWith("GET /kite?uploads")) {
          return void response.writeHead(501).end("<Error><Code>NotImplemented</Code></Error>")
        }
        requests.push(line)
        fault(request, response)
      })
      server.on("connection", () => {
        connections += 1
      })
      server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
    }),
    (server) =>
      Effect.callback<void>((resume) => {
        server.close(() => resume(Effect.void))
        server.closeAllConnections()
      })
  )
  const address = server.address()
  const port = typeof address === "object" ? address?.port : 0
  return {
    url: Redacted.make(`http://key:secret@127.0.0.1:${port}/kite`),
    requests,
    connections: () => connections
  }
})

/** Reads the request to its end, then runs the rest. */
export const whenRead = (request: IncomingMessage, then: () => void) => {
  request.resume()
  request.on("end", then)
}

export const hang: Fault = (request) => void request.resume()
export const fail500: Fault = (request, response) => whenRead(request, () => void response.writeHead(500).end())
export const refuse: Fault = (request, response) => whenRead(request, () => void response.writeHead(403).end())
export const cut: Fault = (request) => void request.socket.destroy()

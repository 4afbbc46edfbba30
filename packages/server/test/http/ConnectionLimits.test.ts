import type { Socket } from "node:net"
import { assert, layer } from "@effect/vitest"
import { openSocket } from "@kite/testkit/http/RawSocket"
import { TestServer } from "@kite/testkit/http/TestServer"
import { Effect } from "effect"

/** Whether the server serves a request on the connection, or has closed it. */
const isServed = (socket: Socket) =>
  Effect.callback<boolean>((resume) => {
    socket.once("data", () => resume(Effect.succeed(true)))
    socket.once("end", () => resume(Effect.succeed(false)))
    socket.once("close", () => resume(Effect.succeed(false)))
    socket.write("GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n")
  }).pipe(Effect.timeout("5 seconds"))

/** How many of so many connections at once are served. */
const served = (connections: number) =>
  Effect.gen(function* () {
    const sockets = yield* Effect.replicateEffect(openSocket, connections)
    const answers = yield* Effect.all(sockets.map(isServed), { concurrency: "unbounded" })
    return answers.filter((answer) => answer).length
  }).pipe(Effect.scoped)

const untrusted = { TRUSTED_PROXIES: "10.0.0.0/8" }
const quiet = { excludeTestServices: true, timeout: "60 seconds" } as const

layer(TestServer.layerWith({ ...untrusted, MAX_CONNECTIONS_PER_ADDRESS: "5" }), quiet)(
  "connections of one address",
  (it) => {
    it.effect("beyond its share are closed, and there is room again when others have ended", () =>
      Effect.gen(function* () {
        assert.strictEqual(yield* served(8), 5)
        // The server hears of the ends a moment later.
        yield* served(5).pipe(Effect.repeat({ until: (count) => count === 5 }), Effect.timeout("10 seconds"))
      })
    )
  }
)

layer(TestServer.layerWith({ MAX_CONNECTIONS_PER_ADDRESS: "5" }), quiet)("connections of a trusted proxy", (it) => {
  it.effect("have no share of their own", () => Effect.map(served(8), (count) => assert.strictEqual(count, 8)))
})

layer(TestServer.layerWith({ MAX_CONNECTIONS: "6" }), quiet)("connections in total", (it) => {
  it.effect("are bounded, wherever they come from", () =>
    Effect.map(served(8), (count) => assert.strictEqual(count, 6))
  )
})

import { createServer } from "node:http"
import { NodeHttpServer, NodeRuntime } from "@effect/platform-node"
import { lineSource } from "@kite/adapters/logging/JsonLine"
import * as JsonLogger from "@kite/adapters/logging/JsonLogger"
import { Document } from "@kite/domain/documents/Document"
import { layerRoute, makeRequestScope } from "@kite/server/observability/RequestScope"
import { Effect, Layer, Logger, Option, Schema } from "effect"
import { HttpRouter, HttpServer, HttpServerResponse } from "effect/http"
import sonicBoom from "sonic-boom"

/** A server with one route that does what GET /api/documents does, except its query: `node HandlerServer.ts <name>`. */
const source = { service: "server", version: "0.1.0" }

const sonic = Effect.sync(() => {
  const boom = new sonicBoom.SonicBoom({
    fd: 1,
    minLength: 4_096,
    maxLength: 4 * 1024 * 1024,
    periodicFlush: 50,
    sync: false
  })
  return JsonLogger.make(lineSource(source), (line) => boom.write(`${line}\n`))
})

const loggers: Readonly<Record<string, Layer.Layer<never>>> = {
  off: Logger.layer([]),
  kite: JsonLogger.layer({ ...source, level: "info", format: "json" }),
  "sonic-boom": Logger.layer([sonic]),
  "console.log": Logger.layer([JsonLogger.make(lineSource(source), (line) => console.log(line))])
}

const row = (index: number) => ({
  id: `0190e5d2-7a3c-7b1e-8f00-${String(index).padStart(12, "0")}`,
  filename: `Invoice ${index}.pdf`,
  contentType: "application/pdf",
  sizeBytes: 48_213 + index,
  sha256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
  status: "ready",
  failure: null,
  pageCount: 3,
  createdAt: "2026-11-22T12:00:00.000Z",
  updatedAt: "2026-11-22T12:00:03.000Z"
})
const rows = Array.from({ length: 20 }, (_, index) => row(index))
const Page = Schema.Struct({ items: Schema.Array(Document), nextCursor: Schema.NullOr(Schema.String) })
const decode = Schema.decodeUnknownEffect(Page)
const respond = HttpServerResponse.schemaJson(Page)

const list = Effect.flatMap(decode({ items: rows, nextCursor: null }), (page) => respond(page))
const routes = HttpRouter.add("GET", "/api/documents", list).pipe(Layer.provide(layerRoute))

const requestScope = makeRequestScope({
  clientIp: (request) => Option.getOrUndefined(request.remoteAddress),
  isTrusted: () => false
})

const announce = Layer.effectDiscard(HttpServer.addressFormattedWith((url) => Effect.sync(() => process.send?.(url))))

announce.pipe(
  Layer.provideMerge(
    HttpRouter.serve(routes, { disableLogger: true, disableListenLog: true, middleware: requestScope })
  ),
  Layer.provide(NodeHttpServer.layer(createServer, { port: 0, host: "127.0.0.1" })),
  Layer.provide(loggers[process.argv[2] ?? ""] ?? Layer.empty),
  Layer.launch,
  NodeRuntime.runMain
)

import { createServer } from "node:http"
import { NodeHttpServer } from "@effect/platform-node"
import { Settings } from "@kite/adapters/settings/Settings"
import { Effect, Layer, Schema } from "effect"
import { HttpRouter, HttpServer, HttpServerError } from "effect/http"
import { PrometheusMetrics } from "effect/observability"

/** METRICS_PORT or METRICS_HOST cannot be used. */
export class MetricsUnavailable extends Schema.TaggedError<MetricsUnavailable>()("MetricsUnavailable", {
  cause: Schema.instanceOf(HttpServerError.ServeError)
}) {}

/** Scrapers send a few lines and wait for one response. */
const bounds = { headersTimeout: 5_000, requestTimeout: 5_000, keepAliveTimeout: 65_000, maxHeaderSize: 8_192 }
const maxConnections = 20

const makeServer = () => {
  const server = createServer(bounds)
  server.maxConnections = maxConnections
  return server
}

/** GET /metrics: Prometheus text format 0.0.4. It formats what is in memory and queries nothing. */
export const layerEndpoint = PrometheusMetrics.layerHttp({ path: "/metrics" })

const log = HttpServer.addressFormattedWith((url) => Effect.logInfo(`Metrics are at ${url}/metrics`))

/** The endpoint on a server of its own, so that no proxy in front of the API can lead to it. */
const listen = (port: number) =>
  Layer.unwrap(
    Effect.map(Settings, ({ METRICS_HOST: host }) =>
      Layer.effectDiscard(log).pipe(
        Layer.merge(HttpRouter.serve(layerEndpoint, { disableLogger: true, disableListenLog: true })),
        Layer.provide(NodeHttpServer.layer(makeServer, { port, host, gracefulShutdownTimeout: "1 second" })),
        Layer.catchTag("ServeError", (cause) => Layer.effectDiscard(Effect.fail(new MetricsUnavailable({ cause }))))
      )
    )
  )

/** Two kites on one machine have different ports, and so have their metrics. */
const besides = (port: number) => (port === 0 ? 0 : port + (port < 55_536 ? 10_000 : -10_000))

/** /metrics of a server: on METRICS_PORT, or on a port that follows from PORT. */
export const layerServer = Layer.unwrap(
  Effect.map(Settings, ({ METRICS_PORT: port, PORT }) => (port === "off" ? Layer.empty : listen(port ?? besides(PORT))))
)

/** /metrics of a process without a port: only if METRICS_PORT is set. */
export const layerIfSet = Layer.unwrap(
  Effect.map(Settings, ({ METRICS_PORT: port = "off" }) => (port === "off" ? Layer.empty : listen(port)))
)

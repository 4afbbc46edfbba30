import { Layer } from "effect"
import { PrometheusMetrics } from "effect/observability"
import * as RateLimitMetrics from "../limits/RateLimitMetrics.ts"
import * as DatabaseMetrics from "./DatabaseMetrics.ts"
import * as EventLoopMetrics from "./EventLoopMetrics.ts"

/** Samples this process and its database into gauges, every 15 s. */
export const layer = Layer.mergeAll(EventLoopMetrics.layer, DatabaseMetrics.layer, RateLimitMetrics.layer)

/** GET /metrics: Prometheus text format 0.0.4. It formats what is in memory and queries nothing. */
export const layerEndpoint = PrometheusMetrics.layerHttp({ path: "/metrics" })

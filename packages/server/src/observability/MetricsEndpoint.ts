import { PrometheusMetrics } from "effect/observability"

/** GET /metrics: Prometheus text format 0.0.4. Formats what is in memory, nothing more. */
export const layer = PrometheusMetrics.layerHttp({ path: "/metrics" })

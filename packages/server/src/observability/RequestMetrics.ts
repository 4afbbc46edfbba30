import type { RequestRecord } from "@kite/adapters/logging/RequestContext"
import { type Context, Metric } from "effect"

interface Series {
  readonly requests: Metric.Counter<number>
  readonly seconds: Metric.Histogram<number>
}

// Seconds. They include the limits of the SLA (0.1, 0.2 and 0.5).
const boundaries = [0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2.5, 5, 10, 30]

// At most one per route, method and status: clients cannot add any.
const seriesByKey = new Map<string, Series>()

const seriesOf = (method: string, route: string, status: string): Series => {
  const key = `${method} ${route} ${status}`
  const known = seriesByKey.get(key)
  if (known !== undefined) return known
  const series: Series = {
    requests: Metric.counter("kite_http_requests_total", {
      description: "Requests by route and status",
      attributes: { method, route, status },
      incremental: true
    }),
    seconds: Metric.histogram("kite_http_request_duration_seconds", {
      description: "From the first line of a request to the end of its response",
      attributes: { method, route },
      boundaries
    })
  }
  seriesByKey.set(key, series)
  return series
}

/** Counts a request that has ended. `now`: the monotonic clock, in nanoseconds. */
export const countRequest = (context: Context.Context<never>, record: RequestRecord, status: number, now: bigint) => {
  const { requests, seconds } = seriesOf(record.method ?? "", record.route ?? "unmatched", String(status))
  requests.updateUnsafe(1, context)
  seconds.updateUnsafe(Number(now - record.startedAt) / 1e9, context)
}

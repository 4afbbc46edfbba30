import type { RequestRecord } from "@kite/adapters/logging/RequestContext"
import { type Context, Metric } from "effect"

interface Series {
  readonly endpoint: string
  readonly status: string
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
    endpoint: `${method} ${route}`.trimStart(),
    status,
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

/** Of an endpoint, such as `GET /api/documents/:id`, since the process started. */
export interface EndpointTotals {
  readonly count: number
  /** Responses with a status from 500 on. */
  readonly errors: number
  /** The durations of all requests together. */
  readonly seconds: number
  /** How many requests took at most so many seconds. */
  readonly buckets: ReadonlyArray<readonly [seconds: number, count: number]>
}

export const endpointTotals = (context: Context.Context<never>): ReadonlyMap<string, EndpointTotals> => {
  const totals = new Map<string, EndpointTotals>()
  for (const { endpoint, status, requests, seconds } of seriesByKey.values()) {
    const { count, sum, buckets } = seconds.valueUnsafe(context)
    const failed = status >= "500" ? requests.valueUnsafe(context).count : 0
    totals.set(endpoint, { count, seconds: sum, buckets, errors: failed + (totals.get(endpoint)?.errors ?? 0) })
  }
  return totals
}

/** Counts a request that has ended. `now`: the monotonic clock, in nanoseconds. */
export const countRequest = (context: Context.Context<never>, record: RequestRecord, status: number, now: bigint) => {
  const { requests, seconds } = seriesOf(record.method ?? "", record.route ?? "unmatched", String(status))
  requests.updateUnsafe(1, context)
  seconds.updateUnsafe(Number(now - record.startedAt) / 1e9, context)
}

import { Effect, Layer, Schedule } from "effect"
import { type EndpointTotals, endpointTotals } from "./RequestMetrics.ts"

const period = "1 minute"

/** The limits of the counts, in ms. Each is a boundary of the histogram of durations. */
const limits = [25, 50, 100, 200, 500, 1_000, 5_000]

const countUnder = (limit: number, totals: EndpointTotals | undefined) =>
  totals?.buckets.find(([seconds]) => seconds === limit / 1_000)?.[1] ?? 0

/** What the requests of an endpoint add to the totals of a minute ago; undefined if it got none. */
const minuteOf = (endpoint: string, now: EndpointTotals, before: EndpointTotals | undefined) => {
  const requests = now.count - (before?.count ?? 0)
  if (requests === 0) return undefined
  return {
    event: "http_minute",
    endpoint,
    requests,
    errors: now.errors - (before?.errors ?? 0),
    latency_sum_ms: Math.round((now.seconds - (before?.seconds ?? 0)) * 1_000),
    ...Object.fromEntries(
      limits.map((limit) => [`under_${limit}_ms`, countUnder(limit, now) - countUnder(limit, before)])
    )
  }
}

/**
 * Logs a line a minute for each endpoint that got requests, and what is left when the server stops. Dashboards draw hours and days
 * from these lines, because a log store takes too long to read the line of each request.
 */
export const layer = Layer.effectDiscard(
  Effect.gen(function* () {
    let before = yield* Effect.withFiber((fiber) => Effect.succeed(endpointTotals(fiber.context)))
    const log = Effect.withFiber<void>((fiber) => {
      const now = endpointTotals(fiber.context)
      const minutes = [...now].map(([endpoint, totals]) => minuteOf(endpoint, totals, before.get(endpoint)))
      before = now
      return Effect.forEach(
        minutes.filter((minute) => minute !== undefined),
        (minute) => Effect.logInfo(`${minute.endpoint}: ${minute.requests} requests`, minute),
        { discard: true }
      )
    })
    yield* Effect.addFinalizer(() => log)
    yield* log.pipe(Effect.schedule(Schedule.spaced(period)), Effect.forkScoped)
  })
)

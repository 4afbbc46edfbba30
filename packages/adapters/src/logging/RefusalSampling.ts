import { Context, Effect, Layer, Schedule } from "effect"

/** Lines a second about refused requests (4xx) of one address, and of all addresses together. */
const perAddress = 50
const inTotal = 500

/** What a line is about: the access log, or the rate limit that refused the request. */
export type RefusalEvent = "http_request" | "rate_limited"

/** Decides which lines about refused requests are written, so that a flood of them fills no disk. By default all are. */
export const RefusalSampling = Context.Reference<{
  /** Whether to write one more line now. Counts the request as suppressed if not. */
  readonly admits: (event: RefusalEvent, clientIp: string | undefined) => boolean
}>("@kite/adapters/logging/RefusalSampling", { defaultValue: () => ({ admits: () => true }) })

/** Whether the line of a request with this status may be left out: what a client did wrong, but no failure of the server. */
export const isRefusal = (status: number) => status >= 400 && status < 500

/** Counts per second. One line a second says how many requests were left out. */
export const layer = Layer.effect(
  RefusalSampling,
  Effect.gen(function* () {
    // At most `inTotal` entries for each event: beyond that no line is written, and no address noted.
    const lines = new Map<string, number>()
    const totals = { http_request: 0, rate_limited: 0 }
    let suppressed = 0

    yield* Effect.suspend(() => {
      const count = suppressed
      suppressed = 0
      totals.http_request = 0
      totals.rate_limited = 0
      lines.clear()
      return count === 0
        ? Effect.void
        : Effect.logWarning("Refused requests were too many to log each", { event: "http_requests_suppressed", count })
    }).pipe(Effect.repeat(Schedule.spaced("1 second")), Effect.forkScoped)

    return {
      admits: (event: RefusalEvent, clientIp: string | undefined) => {
        const key = `${event} ${clientIp}`
        const before = lines.get(key) ?? 0
        if (before < perAddress && totals[event] < inTotal) {
          lines.set(key, before + 1)
          totals[event]++
          return true
        }
        if (event === "http_request") suppressed++
        return false
      }
    }
  })
)

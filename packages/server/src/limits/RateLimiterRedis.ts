import { type ConnectionOptions, connect, RedisError } from "@kite/adapters/redis/Redis"
import type { PolicyName } from "@kite/domain/limits/RateLimitPolicy"
import type { Charge } from "@kite/domain/limits/Verdict"
import { Clock, Effect, Layer, type Redacted, Schedule } from "effect"
import { MemoryWindows } from "./MemoryWindows.ts"
import { type Admission, monotonicMs, RateLimiter, type RateLimiterMode } from "./RateLimiter.ts"
import { RedisTimeout, RedisWindows } from "./RedisWindows.ts"

/** Options of a connection that fails fast: no command waits for Redis to come back. Times in ms. */
const failFast: ConnectionOptions = {
  enableOfflineQueue: false,
  // RedisWindows batches the requests itself.
  enableAutoPipelining: false,
  maxRetriesPerRequest: 0,
  autoResendUnfulfilledCommands: false,
  // A backstop: RedisWindows times out earlier.
  commandTimeout: 1_000,
  connectTimeout: 500,
  retryStrategy: (attempt) => Math.min(attempt * 50, 1_000)
}

/** A charge to a subject of its own: proves that the script runs and may write. */
const probe: ReadonlyArray<Charge> = [{ policy: { name: "ip", limit: 1, windowMs: 1_000 }, subject: "probe" }]

const make = Effect.fnUntraced(function* (url: Redacted.Redacted<string>) {
  const client = yield* connect(url, failFast)
  const clock = yield* Clock.Clock
  const timeout = yield* RedisTimeout
  const shared = new RedisWindows(client, timeout)
  const windows = new MemoryWindows()
  let mode: RateLimiterMode = "redis"
  let recoveredAt = Number.NEGATIVE_INFINITY

  const fallBack = (error: RedisError) =>
    Effect.suspend(() => {
      if (mode === "fallback") return Effect.void
      mode = "fallback"
      return Effect.logWarning("Redis failed: this server counts rate limits alone", error.cause)
    })

  const recover = Effect.suspend(() => {
    mode = "redis"
    recoveredAt = monotonicMs(clock)
    return Effect.logInfo("Redis is back: rate limits are shared again")
  })

  const checkAlone = (charges: ReadonlyArray<Charge>, at: number): Admission => ({
    ...windows.check(charges, at),
    charges,
    at
  })

  const check = Effect.fnUntraced(function* (charges: ReadonlyArray<Charge>) {
    const at = monotonicMs(clock)
    if (mode === "fallback") return checkAlone(charges, at)
    if (charges.some(({ policy }) => at - recoveredAt < policy.windowMs)) {
      const admission = checkAlone(charges, at)
      if (!admission.allowed) return admission
    } else {
      windows.record(charges, at)
    }
    return yield* Effect.matchEffect(shared.check(charges), {
      onSuccess: (verdict): Effect.Effect<Admission> => {
        if (!verdict.allowed) windows.undo(charges, at)
        return Effect.succeed({ ...verdict, charges, at })
      },
      onFailure: (error) => {
        windows.undo(charges, at)
        return Effect.map(fallBack(error), () => checkAlone(charges, monotonicMs(clock)))
      }
    })
  })

  /** Does it in Redis too, if that is where requests are counted. */
  const share = (work: Effect.Effect<void, RedisError>) =>
    mode === "redis"
      ? work.pipe(
          Effect.timeoutOrElse({ duration: timeout, orElse: () => Effect.fail(new RedisError({ cause: "timeout" })) }),
          Effect.catch(fallBack)
        )
      : Effect.void

  const clear = (alone: () => void, work: Effect.Effect<void, RedisError>) =>
    Effect.suspend(() => {
      alone()
      return share(work)
    })

  const giveBack = ({ charges, times, at }: Admission, name: PolicyName) =>
    Effect.suspend(() => {
      const mine = charges.flatMap((charge, index) =>
        charge.policy.name === name ? [{ charge, time: times[index] ?? at }] : []
      )
      const given = mine.map(({ charge }) => charge)
      windows.undo(given, at)
      return share(
        shared.giveBack(
          given,
          mine.map(({ time }) => time)
        )
      )
    })

  yield* shared
    .check(probe)
    .pipe(Effect.retry({ schedule: Schedule.spaced("20 millis"), times: 25 }), Effect.catch(fallBack))
  // Detects without any request that Redis has failed or is back.
  const heartbeat = Effect.suspend(() =>
    mode === "redis"
      ? Effect.catch(shared.ping, fallBack)
      : Effect.matchEffect(shared.check(probe), { onSuccess: () => recover, onFailure: () => Effect.void })
  )
  yield* heartbeat.pipe(Effect.delay("1 second"), Effect.forever, Effect.forkScoped)
  return RateLimiter.of({
    check,
    giveBack,
    clear: (window) => clear(() => windows.clear(window), shared.clear(window)),
    clearParts: (subject) => clear(() => windows.clearParts(subject), shared.clearParts(subject)),
    mode: Effect.sync(() => mode)
  })
})

/**
 * Limits shared by all servers on one Redis. While Redis is down, frozen or failing, this process counts alone with the same limits,
 * so that it neither admits everything nor refuses everything. The first check that fails (after RedisTimeout) switches to the
 * fallback, or the heartbeat does. From then on no request waits for Redis: a probe in the background switches back.
 *
 * This process also remembers what it admitted through Redis, so that a change of mode gives no client a second quota: the fallback
 * starts from those admissions. Redis may have lost its own, so for one window after it is back both must admit.
 */
export const layer = (url: Redacted.Redacted<string>): Layer.Layer<RateLimiter> => Layer.effect(RateLimiter, make(url))

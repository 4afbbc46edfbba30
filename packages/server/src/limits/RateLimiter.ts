import type { Charge, Verdict } from "@kite/domain/limits/Verdict"
import { Clock, Context, Effect, Layer } from "effect"
import { MemoryWindows } from "./MemoryWindows.ts"

/** Where the windows are: shared in Redis; in this process because Redis fails; in this process by choice. */
export type RateLimiterMode = "redis" | "fallback" | "memory"

/** Whole milliseconds of a clock that is never set back. */
export const monotonicMs = (clock: Clock.Clock): number => Number(clock.monotonicTimeNanosUnsafe() / 1_000_000n)

/**
 * Admits at most so many units per window and subject, exactly (domain/limits/SlidingWindow). Its layers: `layerMemory` here,
 * and `RateLimiterRedis.layer`.
 */
export class RateLimiter extends Context.Service<
  RateLimiter,
  {
    /** All charges of a request at once, of distinct policies: admitted by all or charged to none. Never fails. */
    check(charges: ReadonlyArray<Charge>): Effect.Effect<Verdict>
    /** For readiness: `fallback` is degraded. */
    readonly mode: Effect.Effect<RateLimiterMode>
  }
>()("@kite/server/limits/RateLimiter") {
  static readonly layerMemory = Layer.sync(RateLimiter, () => {
    const windows = new MemoryWindows()
    return RateLimiter.of({
      check: (charges) => Effect.map(Clock.Clock, (clock) => windows.check(charges, monotonicMs(clock))),
      mode: Effect.succeed("memory")
    })
  })
}

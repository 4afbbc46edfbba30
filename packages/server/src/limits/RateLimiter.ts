import type { Charge, Verdict } from "@kite/domain/limits/Verdict"
import { Clock, Context, Effect, Layer } from "effect"
import { MemoryWindows } from "./MemoryWindows.ts"

/** Where admissions are counted: shared in Redis, in this process because Redis fails, or in this process by choice. */
export type RateLimiterMode = "redis" | "fallback" | "memory"

/** The monotonic clock, in whole ms. */
export const monotonicMs = (clock: Clock.Clock): number => Number(clock.monotonicTimeNanosUnsafe() / 1_000_000n)

/**
 * Enforces limits per subject with an exact sliding window (domain/limits/SlidingWindow). `layerMemory` counts in this process;
 * `RateLimiterRedis.layer` shares the count between servers.
 */
export class RateLimiter extends Context.Service<
  RateLimiter,
  {
    /**
     * Takes all charges of a request, at most one per policy. Either all policies admit the request and are charged, or none is
     * charged. Never fails.
     */
    check(charges: ReadonlyArray<Charge>): Effect.Effect<Verdict>
    /** For readiness, where `fallback` means degraded. */
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

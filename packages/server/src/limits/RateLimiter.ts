import type { PolicyName } from "@kite/domain/limits/RateLimitPolicy"
import type { Charge, TimedVerdict, WindowName } from "@kite/domain/limits/Verdict"
import { Clock, Context, Effect, Layer } from "effect"
import { MemoryWindows } from "./MemoryWindows.ts"

/** Where admissions are counted: shared in Redis, in this process because Redis fails, or in this process by choice. */
export type RateLimiterMode = "redis" | "fallback" | "memory"

/** The monotonic clock, in whole ms. */
export const monotonicMs = (clock: Clock.Clock): number => Number(clock.monotonicTimeNanosUnsafe() / 1_000_000n)

/** A verdict, with what `giveBack` needs. `at`: when this process asked, by its monotonic clock, in ms. */
export interface Admission extends TimedVerdict {
  readonly charges: ReadonlyArray<Charge>
  readonly at: number
}

/**
 * Enforces limits per subject with an exact sliding window (domain/limits/SlidingWindow). `layerMemory` counts in this process;
 * `RateLimiterRedis.layer` shares the count between servers. Nothing here ever fails.
 */
export class RateLimiter extends Context.Service<
  RateLimiter,
  {
    /**
     * Takes all charges of a request, each of a window of its own. Either all policies admit the request and are charged, or none
     * is charged.
     */
    check(charges: ReadonlyArray<Charge>): Effect.Effect<Admission>
    /** Gives back exactly the units that an admitted request was charged by this policy, unless they have been cleared since. */
    giveBack(admission: Admission, policy: PolicyName): Effect.Effect<void>
    clear(window: WindowName): Effect.Effect<void>
    /** Clears the windows of all parts of the subject. */
    clearParts(subject: WindowName): Effect.Effect<void>
    /** For readiness, where `fallback` means degraded. */
    readonly mode: Effect.Effect<RateLimiterMode>
  }
>()("@kite/server/limits/RateLimiter") {
  static readonly layerMemory = Layer.sync(RateLimiter, () => {
    const windows = new MemoryWindows()
    return RateLimiter.of({
      check: (charges) =>
        Effect.map(Clock.Clock, (clock) => {
          const at = monotonicMs(clock)
          return { ...windows.check(charges, at), charges, at }
        }),
      giveBack: ({ charges, at }, name) =>
        Effect.sync(() =>
          windows.undo(
            charges.filter(({ policy }) => policy.name === name),
            at
          )
        ),
      clear: (window) => Effect.sync(() => windows.clear(window)),
      clearParts: (subject) => Effect.sync(() => windows.clearParts(subject)),
      mode: Effect.succeed("memory")
    })
  })
}

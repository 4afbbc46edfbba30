import { inspect } from "node:util"
import { Duration, Effect, Schedule } from "effect"

/** Repeats the effect until it succeeds with a value that holds, and returns it. Dies with the last result after `within`. */
export const eventually = <A, E, R>(
  effect: Effect.Effect<A, E, R>,
  holds: (value: A) => boolean = () => true,
  within: Duration.Input = "10 seconds"
): Effect.Effect<A, never, R> =>
  Effect.suspend(() => {
    let last: unknown
    const note = (result: unknown) =>
      Effect.sync(() => {
        last = result
      })
    return effect.pipe(
      Effect.tap(note),
      Effect.tapError(note),
      Effect.filterOrFail(holds),
      Effect.retry(Schedule.spaced("20 millis")),
      Effect.timeoutOrElse({
        duration: within,
        orElse: () =>
          Effect.die(new Error(`still ${inspect(last)} after ${Duration.format(Duration.fromInputUnsafe(within))}`))
      }),
      Effect.orDie
    )
  })

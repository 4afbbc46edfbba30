import { Duration, Effect } from "effect"

const milliseconds = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.map(Effect.timed(effect), ([duration]) => Duration.toMillis(duration))

const median = (values: ReadonlyArray<number>) =>
  values.toSorted((left, right) => left - right)[values.length >> 1] ?? 0

interface Comparison<E, R> {
  readonly name: string
  readonly rounds: number
  /** The maximum ratio of kite's time to the native time. */
  readonly goal: number
  readonly kite: Effect.Effect<unknown, E, R>
  readonly native: Effect.Effect<unknown, E, R>
}

/** Runs both in turn, so that other load affects both, and prints the medians and their ratio. */
export const compare = Effect.fnUntraced(function* <E, R>({ name, rounds, goal, kite, native }: Comparison<E, R>) {
  yield* kite
  yield* native
  const times = { kite: [] as Array<number>, native: [] as Array<number> }
  for (let round = 0; round < rounds; round++) {
    times.native.push(yield* milliseconds(native))
    times.kite.push(yield* milliseconds(kite))
  }
  const [ours, theirs] = [median(times.kite), median(times.native)]
  const ratio = ours / theirs
  console.log(`${name}: kite ${ours.toFixed(0)} ms, native ${theirs.toFixed(0)} ms (medians of ${rounds})`)
  console.log(`  ${ratio.toFixed(2)} x the native time, goal at most ${goal}: ${ratio <= goal ? "reached" : "MISSED"}`)
})

import { Effect } from "effect"
import { threshold, welchT } from "./WelchTest.ts"

const samples = 200
const warmUps = 20
const rounds = 3

const timed = (work: Effect.Effect<unknown>) =>
  Effect.gen(function* () {
    const start = performance.now()
    yield* work
    return performance.now() - start
  })

/** Interleaved, in random order within each pair, so that other load on the machine affects both alike. */
const measure = Effect.fnUntraced(function* (left: Effect.Effect<unknown>, right: Effect.Effect<unknown>) {
  const times: { readonly left: Array<number>; readonly right: Array<number> } = { left: [], right: [] }
  for (let index = -warmUps; index < samples; index++) {
    const isLeftFirst = Math.random() < 0.5
    for (const side of isLeftFirst ? (["left", "right"] as const) : (["right", "left"] as const)) {
      const elapsed = yield* timed(side === "left" ? left : right)
      if (index >= 0) times[side].push(elapsed)
    }
  }
  return welchT(times.left, times.right)
})

/**
 * Returns the t values of up to three rounds of 200 samples; the first round without a difference is the last. A real
 * difference shows in every round and in the same direction, chance does not.
 */
export const compareTimes = Effect.fnUntraced(function* (left: Effect.Effect<unknown>, right: Effect.Effect<unknown>) {
  const found: Array<number> = []
  while (found.length < rounds) {
    const t = yield* measure(left, right)
    found.push(t)
    if (Math.abs(t) < threshold || Math.sign(t) !== Math.sign(found[0] ?? t)) return { differs: false, found }
  }
  return { differs: true, found }
})

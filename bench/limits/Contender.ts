import { Array, Effect } from "effect"

/** Something that is asked `count` times by `clients` at once, for subjects in turn. */
export interface Contender {
  readonly name: string
  readonly run: (count: number, clients: number) => Effect.Effect<unknown>
}

const subjects = Array.makeBy(1_000, (n) => `10.${n % 7}.${n % 11}.${n % 256}-${n}`)
export const subject = (n: number) => subjects[n % subjects.length] ?? ""

export const ofEffect = (name: string, check: (subject: string) => Effect.Effect<unknown, unknown>): Contender => ({
  name,
  run: (count, clients) => {
    let n = 0
    const client = Effect.whileLoop({
      while: () => n < count,
      body: () => Effect.ignore(check(subject(n++))),
      step: () => {}
    })
    return Effect.all(
      Array.makeBy(clients, () => client),
      { concurrency: "unbounded", discard: true }
    )
  }
})

export const ofPromise = (name: string, check: (subject: string) => Promise<unknown>): Contender => ({
  name,
  run: (count, clients) => {
    let n = 0
    const client = async () => {
      while (n < count) await check(subject(n++)).catch(() => undefined)
    }
    return Effect.promise(() => Promise.all(Array.makeBy(clients, client)))
  }
})

const median = (values: ReadonlyArray<number>) => values.toSorted((a, b) => a - b)[values.length >>> 1] ?? 0

/** Checks per second of each contender, the median of rounds in which they take turns, so that a slow moment hits all. */
export const race = Effect.fnUntraced(function* (
  title: string,
  contenders: ReadonlyArray<Contender>,
  options: {
    readonly count: number
    readonly clients: number
    readonly rounds: number
    readonly between: Effect.Effect<unknown>
  }
) {
  const rates = contenders.map((): Array<number> => [])
  for (let round = -1; round < options.rounds; round++) {
    for (const [index, contender] of contenders.entries()) {
      yield* options.between
      const start = performance.now()
      yield* contender.run(options.count, options.clients)
      const rate = (options.count / (performance.now() - start)) * 1_000
      // The first round warms up.
      if (round >= 0) rates[index]?.push(rate)
    }
  }
  console.log(`\n${title}: checks per second`)
  for (const [index, { name }] of contenders.entries()) {
    console.log(
      `${Math.round(median(rates[index] ?? []))
        .toLocaleString("en")
        .padStart(12)}  ${name}`
    )
  }
})

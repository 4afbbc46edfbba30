import { Array, Effect } from "effect"

/** A limiter that `clients` check `count` times concurrently, for subjects in turn. */
export interface Contender {
  readonly name: string
  readonly run: (count: number, clients: number) => Effect.Effect<unknown>
}

const subjects = Array.makeBy(1_000, (n) => `10.${n % 7}.${n % 11}.${n % 256}-${n}`)
const subject = (n: number) => subjects[n % subjects.length] ?? ""

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

export interface Race {
  readonly title: string
  readonly contenders: ReadonlyArray<Contender>
  readonly count: number
  readonly clients: number
  readonly rounds: number
  /** Before each run; not timed. */
  readonly prepare: Effect.Effect<unknown>
  /** Whether the run since `prepare` is valid. */
  readonly valid: Effect.Effect<boolean>
  /** Seconds of CPU that the server has used so far. */
  readonly serverCpu: Effect.Effect<number>
}

const ownCpu = () => {
  const { system, user } = process.cpuUsage()
  return (user + system) / 1e6
}

const timed = Effect.fnUntraced(function* ({ count, clients, prepare, serverCpu, valid }: Race, contender: Contender) {
  for (let attempt = 0; attempt < 10; attempt++) {
    yield* prepare
    const [start, cpu, server] = [performance.now(), ownCpu(), yield* serverCpu]
    yield* contender.run(count, clients)
    const rate = (count / (performance.now() - start)) * 1_000
    if (yield* valid) return { rate, cpu: ((ownCpu() - cpu + (yield* serverCpu) - server) / count) * 1e6 }
  }
  return yield* Effect.die("this machine is too busy: Redis responded too late ten times in a row")
})

/**
 * Prints for each contender the checks per second and the CPU time of a check in client and server, which a busy machine distorts
 * less. The figures are medians of rounds in which the contenders take turns, so that a slow moment affects all. The first round
 * is a warm-up.
 */
export const race = Effect.fnUntraced(function* (options: Race) {
  const rounds = options.contenders.map((): Array<Effect.Success<ReturnType<typeof timed>>> => [])
  for (let round = 0; round <= options.rounds; round++) {
    for (const [index, contender] of options.contenders.entries()) {
      const result = yield* timed(options, contender)
      if (round > 0) rounds[index]?.push(result)
    }
  }
  console.log(`\n${options.title}\n  checks/s   us CPU`)
  for (const [index, { name }] of options.contenders.entries()) {
    const results = rounds[index] ?? []
    const rate = Math.round(median(results.map((result) => result.rate))).toLocaleString("en")
    const cpu = median(results.map((result) => result.cpu)).toFixed(1)
    console.log(`${rate.padStart(10)} ${cpu.padStart(8)}  ${name}`)
  }
})

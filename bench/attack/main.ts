import { NodeRuntime } from "@effect/platform-node"
import { startKite } from "@kite/testkit/processes/KiteProcess"
import { temporaryDirectory } from "@kite/testkit/processes/TemporaryDirectory"
import { Effect } from "effect"
import { type Attack, isRepelled, type Outcome, tableOf } from "./Attack.ts"
import { attacks } from "./Attacks.ts"
import { Target } from "./Target.ts"

/**
 * Repeats every attack that once hurt others, on a kite of its own each, and prints what it achieves: `npm run attack`, or some:
 * `npm run attack -- lock-out refresh`. Ends with 1 if a figure is above its limit. Needs Linux.
 */
const patience = "10 minutes"

const carryOut = ({ name, settings, run }: Attack) =>
  Effect.gen(function* () {
    const dataDir = yield* temporaryDirectory
    const start = performance.now()
    const kite = yield* startKite({ DATA_DIR: dataDir, METRICS_PORT: "off", LOG_LEVEL: "info", ...settings })
    const target = new Target({ url: kite.url, pid: kite.process.pid ?? 0, dataDir })
    const result = yield* Effect.tryPromise(() => run(target)).pipe(
      Effect.timeout(patience),
      Effect.map((figures) => ({ figures })),
      Effect.catch((error) => Effect.succeed({ figures: [], error: String(error.cause ?? error.message) }))
    )
    return { name, seconds: (performance.now() - start) / 1_000, ...result } satisfies Outcome
  }).pipe(Effect.scoped)

const [, , ...named] = process.argv
const unknown = named.filter((name) => !Object.hasOwn(attacks, name))
if (unknown.length > 0) {
  console.error(`There is no attack named ${unknown.join(", ")}. There are: ${Object.keys(attacks).join(", ")}`)
  process.exitCode = 2
} else {
  const chosen = Object.entries(attacks).filter(([name]) => named.length === 0 || named.includes(name))
  // Ctrl-C ends the kite that is attacked, too.
  NodeRuntime.runMain(
    Effect.gen(function* () {
      const outcomes = yield* Effect.forEach(chosen, ([name, attack]) => {
        console.error(`attack: ${name}`)
        return carryOut(attack)
      })
      console.log(tableOf(outcomes))
      process.exitCode = outcomes.every(isRepelled) ? 0 : 1
    })
  )
}

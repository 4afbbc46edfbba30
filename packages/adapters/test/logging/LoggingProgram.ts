import * as fs from "node:fs"
import { monitorEventLoopDelay } from "node:perf_hooks"
import { NodeRuntime } from "@effect/platform-node"
import * as JsonLogger from "@kite/adapters/logging/JsonLogger"
import { Effect, Schedule } from "effect"

// A process that logs, run by LogSink.test.ts. It reports facts about itself to stderr, synchronously.
const say = (fact: unknown) => fs.writeSync(2, `${JSON.stringify(fact)}\n`)

let logged = 0
const log = Effect.suspend(() =>
  Effect.logInfo("A line of the usual length, with a few words in it", { attempt: logged++ })
)
const pause = Effect.sleep("1 millis")

const flood = Effect.gen(function* () {
  const lag = monitorEventLoopDelay({ resolution: 5 })
  lag.enable()
  for (let round = 0; round < 200; round++) {
    for (let line = 0; line < 200; line++) yield* log
    yield* pause
  }
  say({ logged, lagMillis: lag.max / 1e6 })
})

const programs: Readonly<Record<string, Effect.Effect<unknown>>> = {
  // Reports what was logged when, until it is killed.
  steady: log.pipe(
    Effect.andThen(Effect.sync(() => say({ logged, at: performance.now() }))),
    Effect.repeat(Schedule.spaced("2 millis"))
  ),
  stoppable: log.pipe(
    Effect.repeat({ times: 9 }),
    Effect.andThen(pause),
    Effect.forever,
    Effect.ensuring(
      Effect.andThen(
        Effect.logInfo("Stopped"),
        Effect.sync(() => say({ logged }))
      )
    )
  ),
  flood: flood.pipe(Effect.andThen(Effect.sync(() => process.exit(3)))),
  patient: flood.pipe(Effect.andThen(Effect.sleep("3 seconds")), Effect.andThen(Effect.sync(() => process.exit(3)))),
  exits: log.pipe(Effect.repeat({ times: 999 }), Effect.andThen(Effect.sync(() => process.exit(3)))),
  throws: log.pipe(
    Effect.repeat({ times: 9 }),
    Effect.andThen(
      Effect.sync(() => {
        setTimeout(() => {
          throw new TypeError("nobody expects it")
        })
      })
    ),
    Effect.andThen(Effect.never)
  ),
  rejects: log.pipe(
    Effect.repeat({ times: 9 }),
    Effect.andThen(Effect.sync(() => void Promise.reject(new TypeError("nobody handles it")))),
    Effect.andThen(Effect.never)
  )
}

const program = programs[process.argv[2] ?? ""] ?? Effect.die(`No program ${process.argv[2]}`)

program.pipe(
  Effect.provide(JsonLogger.layer({ service: "test", version: "1.2.3", level: "info", format: "json" })),
  NodeRuntime.runMain({ disableErrorReporting: true })
)

import { Effect, References } from "effect"
import { measureLogins } from "./Logins.ts"
import { measureVerify } from "./VerifyCost.ts"

const ms = (value: number) => `${value.toFixed(1)} ms`

await Effect.runPromise(
  Effect.gen(function* () {
    const { first, warm } = yield* Effect.scoped(measureVerify)
    console.log(
      `access token check: ${warm.toFixed(2)} us warm (goal: under 10 us), ${first.toFixed(0)} us the first time`
    )
    const { idle, reads, logins, seconds } = yield* measureLogins
    console.log(`GET /api/documents, idle: p50 ${ms(idle.p50)}, p99 ${ms(idle.p99)}`)
    console.log(
      `  while 50 log in at once: p50 ${ms(reads.p50)}, p99 ${ms(reads.p99)} (goal: under 50 ms), max ${ms(reads.max)}`
    )
    console.log(`  logins: ${(logins.count / seconds).toFixed(0)}/s, p50 ${ms(logins.p50)}, p99 ${ms(logins.p99)}`)
  }).pipe(Effect.provideService(References.MinimumLogLevel, "Error"))
)

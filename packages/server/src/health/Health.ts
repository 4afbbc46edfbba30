import { ObjectStore } from "@kite/adapters/objects/ObjectStore"
import type { Check, NotReady, Ready } from "@kite/domain/health/HealthApi"
import { Clock, Context, Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"

const checkTimeout = "2 seconds"

/** Whether this process can serve requests. Every check is bounded in time and none needs a login. */
export class Health extends Context.Service<
  Health,
  {
    readonly ready: Effect.Effect<Ready | NotReady>
    /** From here on readiness fails, so that no new request comes while the open ones drain. */
    readonly stop: Effect.Effect<void>
  }
>()("@kite/server/health/Health") {
  static readonly layer = Layer.effect(
    Health,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const store = yield* ObjectStore
      let stopping = false

      const timed = Effect.fnUntraced(function* (probe: Effect.Effect<unknown, unknown>) {
        const start = yield* Clock.currentTimeMillis
        const status = yield* probe.pipe(
          Effect.timeout(checkTimeout),
          Effect.as("up" as const),
          Effect.catchCause((cause) => Effect.as(Effect.logWarning("A health check failed", cause), "down" as const))
        )
        return { status, ms: (yield* Clock.currentTimeMillis) - start } satisfies Check
      })

      return Health.of({
        stop: Effect.sync(() => {
          stopping = true
        }),
        ready: Effect.gen(function* () {
          const checks = yield* Effect.all(
            {
              postgres: timed(sql`SELECT 1`),
              objectStore: timed(store.check),
              queue: timed(sql`SELECT 1 FROM extraction_queue LIMIT 1`)
            },
            { concurrency: "unbounded" }
          )
          const down = Object.values(checks).some(({ status }) => status === "down")
          if (stopping) return { status: "stopping" as const, checks }
          return down ? { status: "down" as const, checks } : { status: "ready" as const, checks }
        })
      })
    })
  )
}

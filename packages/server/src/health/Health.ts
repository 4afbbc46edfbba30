import { ObjectStore } from "@kite/adapters/objects/ObjectStore"
import * as Database from "@kite/adapters/postgres/Database"
import { ExtractionQueue } from "@kite/adapters/queue/ExtractionQueue"
import type { Check, NotReady, Ready } from "@kite/domain/health/HealthApi"
import { Clock, Context, Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { RateLimiter } from "../limits/RateLimiter.ts"

const checkTimeout = "2 seconds"

/** Whether this process can serve requests. Every check has a time limit. */
export class Health extends Context.Service<
  Health,
  {
    readonly ready: Effect.Effect<Ready | NotReady>
    /** Readiness fails from here on, so that load balancers send no new requests while the open ones drain. */
    readonly stop: Effect.Effect<void>
  }
>()("@kite/server/health/Health") {
  static readonly layer = Layer.effect(
    Health,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const store = yield* ObjectStore
      const queue = yield* ExtractionQueue
      const limiter = yield* RateLimiter
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
          const mode = yield* limiter.mode
          const checks = {
            ...(yield* Effect.all(
              {
                postgres: timed(Database.check(sql)),
                objectStore: timed(store.check),
                queue: timed(queue.check)
              },
              { concurrency: "unbounded" }
            )),
            // Limits work without Redis too, so its breaker's mode says how it is: no request to Redis here.
            ...(mode !== "memory" && {
              redis: { status: mode === "redis" ? ("up" as const) : ("degraded" as const), ms: 0 }
            })
          }
          const found = Object.values(checks).map(({ status }) => status)
          if (stopping) return { status: "stopping" as const, checks }
          if (found.includes("down")) return { status: "down" as const, checks }
          return { status: found.includes("degraded") ? ("degraded" as const) : ("ready" as const), checks }
        })
      })
    })
  )

  /** Built after the server, so it is closed before it: `stop` runs at the beginning of the shutdown. */
  static readonly stopFirst = Layer.effectDiscard(Effect.flatMap(Health, ({ stop }) => Effect.addFinalizer(() => stop)))
}

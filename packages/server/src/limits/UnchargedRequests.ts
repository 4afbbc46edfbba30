import { Effect } from "effect"
import { HttpRouter } from "effect/http"
import { RateLimitGate } from "./RateLimitGate.ts"
import { RequestCharge } from "./RequestCharge.ts"

/**
 * Charges to `ip` what no policy has been charged for when its response is ready: unknown routes, methods that are not allowed,
 * pages beside the API, and requests that fail to authenticate. Their answers are cheap; refused, they are replaced by 429.
 */
export const layer = HttpRouter.middleware(
  Effect.map(
    RateLimitGate,
    (gate) => (app) =>
      Effect.suspend(() => {
        const charge = { settled: false }
        return app.pipe(
          Effect.provideService(RequestCharge, charge),
          Effect.exit,
          Effect.tap(() => (charge.settled ? Effect.void : gate.admit(["ip"]))),
          Effect.flatten
        )
      })
  ),
  { global: true }
)

import { Api } from "@kite/domain/Api"
import { Effect } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import { Health } from "./Health.ts"

export const layer = HttpApiBuilder.group(
  Api,
  "health",
  Effect.fn(function* (handlers) {
    const { ready } = yield* Health
    return handlers.handleAll({
      live: () => Effect.succeed({ status: "live" }),
      ready: () => ready,
      health: () => ready
    })
  })
)

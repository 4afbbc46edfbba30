import { CurrentRequest } from "@kite/adapters/logging/RequestContext"
import { Effect } from "effect"
import { HttpRouter } from "effect/http"

/** Tells the request's lines and figures which route was matched: provide it to every route. */
export const layer = HttpRouter.middleware((handler) =>
  Effect.flatMap(CurrentRequest, (record) =>
    record === undefined
      ? handler
      : Effect.flatMap(HttpRouter.RouteContext, ({ route }) => {
          record.route = route.path
          return handler
        })
  )
).layer

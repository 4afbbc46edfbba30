import { Api } from "@kite/domain/Api"
import { CurrentUser } from "@kite/domain/users/User"
import { Effect, Layer } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import { Invites } from "./Invites.ts"

export const layer = HttpApiBuilder.group(
  Api,
  "invites",
  Effect.fn(function* (handlers) {
    const invites = yield* Invites
    return handlers.handleAll({
      list: ({ query }) => invites.list(query),
      create: ({ payload }) => Effect.flatMap(CurrentUser, ({ id }) => invites.create(payload, { admin: id })),
      revoke: ({ params }) => invites.revoke(params.id)
    })
  })
).pipe(Layer.provide(Invites.layer))

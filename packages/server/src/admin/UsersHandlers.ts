import { Api } from "@kite/domain/Api"
import { Effect, Layer } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import { Accounts } from "../users/Accounts.ts"
import { Administration } from "./Administration.ts"

export const layer = HttpApiBuilder.group(
  Api,
  "users",
  Effect.fn(function* (handlers) {
    const administration = yield* Administration
    const accounts = yield* Accounts
    return handlers.handleAll({
      list: ({ query }) => administration.list(query),
      create: ({ payload }) => accounts.create(payload),
      change: ({ params, payload }) => administration.change(params.id, payload),
      forcePasswordReset: ({ params }) => administration.forcePasswordReset(params.id)
    })
  })
).pipe(Layer.provide([Administration.layer, Accounts.layer]))

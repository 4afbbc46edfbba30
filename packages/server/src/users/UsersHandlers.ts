import { Api } from "@kite/domain/Api"
import { Effect } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import { AccountCreation } from "./Accounts.ts"
import { Administration } from "./Administration.ts"

export const layer = HttpApiBuilder.group(
  Api,
  "admin",
  Effect.fn(function* (handlers) {
    const administration = yield* Administration
    const { create } = yield* AccountCreation
    return handlers.handleAll({
      listUsers: ({ query }) => administration.list(query),
      createUser: ({ payload }) => create(payload),
      changeUser: ({ params, payload }) => administration.change(params.id, payload),
      forcePasswordReset: ({ params }) => administration.forcePasswordReset(params.id)
    })
  })
)

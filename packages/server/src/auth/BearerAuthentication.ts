import { withUser } from "@kite/adapters/logging/RequestContext"
import { Authentication } from "@kite/domain/auth/Authentication"
import { CurrentUser } from "@kite/domain/auth/CurrentUser"
import { Effect, Layer } from "effect"
import { AccessTokens } from "./AccessTokens.ts"

/** Authentication by access token: no query, no round trip. */
export const layer = Layer.effect(
  Authentication,
  Effect.gen(function* () {
    const tokens = yield* AccessTokens
    return Authentication.of({
      bearer: Effect.fnUntraced(function* (httpEffect, { credential }) {
        const { sub, role } = yield* tokens.verify(credential)
        return yield* withUser(sub)(Effect.provideService(httpEffect, CurrentUser, { id: sub, role }))
      })
    })
  })
)

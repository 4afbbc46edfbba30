import { withUser } from "@kite/adapters/logging/RequestContext"
import { Authentication } from "@kite/domain/auth/Authentication"
import { CurrentUser } from "@kite/domain/users/User"
import { Effect, Layer } from "effect"
import { setHeader } from "../http/ResponseHeaders.ts"
import { AccessTokens } from "./tokens/AccessTokens.ts"

/** RFC 6750 section 3: every 401 names the scheme. It does not say which check failed. */
const challenge = setHeader("www-authenticate", 'Bearer realm="kite"')

/** Authenticates requests by their access token, without a query or a round trip. */
export const layer = Layer.effect(
  Authentication,
  Effect.gen(function* () {
    const tokens = yield* AccessTokens
    return Authentication.of({
      bearer: Effect.fnUntraced(function* (httpEffect, { credential }) {
        const { sub, role, sid } = yield* Effect.tapError(tokens.verify(credential), () => challenge)
        const user = { id: sub, role, sessionId: sid }
        return yield* withUser(sub)(Effect.provideService(httpEffect, CurrentUser, user))
      })
    })
  })
).pipe(Layer.provide(AccessTokens.layer))

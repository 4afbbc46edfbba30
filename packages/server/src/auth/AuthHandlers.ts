import { Api } from "@kite/domain/Api"
import { InvalidSession } from "@kite/domain/auth/AuthErrors"
import { CurrentUser } from "@kite/domain/auth/CurrentUser"
import { Effect, Option } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import { Auth, type Granted } from "./Auth.ts"
import { makeOriginCheck } from "./OriginCheck.ts"
import { clearRefreshCookie, refreshToken, setRefreshCookie } from "./RefreshCookie.ts"

const answer = ({ body, session }: Granted) => Effect.as(setRefreshCookie(session), body)

export const layer = HttpApiBuilder.group(
  Api,
  "auth",
  Effect.fn(function* (handlers) {
    const auth = yield* Auth
    const checkOrigin = yield* makeOriginCheck
    return handlers.handleAll({
      register: ({ payload }) => auth.register(payload.email, payload.password, "user"),
      login: ({ payload }) => Effect.flatMap(auth.login(payload.email, payload.password), answer),
      refresh: Effect.fn(function* () {
        yield* checkOrigin
        const token = yield* refreshToken
        if (Option.isNone(token)) return yield* new InvalidSession({})
        return yield* answer(yield* auth.refresh(token.value))
      }),
      logout: Effect.fn(function* () {
        yield* checkOrigin
        const token = yield* refreshToken
        if (Option.isSome(token)) yield* auth.logout(token.value)
        yield* clearRefreshCookie
      }),
      me: () => Effect.flatMap(CurrentUser, ({ id }) => auth.me(id))
    })
  })
)

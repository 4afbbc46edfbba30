import { createHash } from "node:crypto"
import { PasswordAttempt } from "@kite/domain/auth/Password"
import { Email } from "@kite/domain/users/Email"
import { Effect, Layer, Option, Schema } from "effect"
import { HttpServerRequest } from "effect/http"
import { CredentialSubjects } from "../limits/CredentialSubjects.ts"
import { emailSubject } from "../limits/RequestSubjects.ts"
import { DeviceCookies } from "./devices/DeviceCookies.ts"
import { refreshToken } from "./sessions/RefreshCookie.ts"
import { familyOf } from "./tokens/OpaqueToken.ts"

/** A well-formed login: any other body is refused without a look at a password. */
const decode = Schema.decodeUnknownOption(
  Schema.fromJsonString(Schema.Struct({ email: Email, password: PasswordAttempt }))
)

const body = Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) => request.text).pipe(
  Effect.map(decode),
  Effect.orElseSucceed(Option.none)
)

/** What logins and refreshes are counted by. The same whether or not the account, the device or the session exists. */
export const layer = Layer.effect(
  CredentialSubjects,
  Effect.map(DeviceCookies, (devices) =>
    CredentialSubjects.of({
      login: Effect.gen(function* () {
        const login = Option.getOrUndefined(yield* body)
        if (login === undefined) return undefined
        return { email: emailSubject(login.email), device: yield* devices.identify(login.email) }
      }),
      session: Effect.map(refreshToken, (token) =>
        Option.isSome(token) ? createHash("sha256").update(familyOf(token.value)).digest("hex") : undefined
      )
    })
  )
).pipe(Layer.provide(DeviceCookies.layer))

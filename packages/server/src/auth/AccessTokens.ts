import { createSecretKey } from "node:crypto"
import { Settings } from "@kite/adapters/settings/Settings"
import { Unauthenticated } from "@kite/domain/auth/AuthErrors"
import { Role, UserId } from "@kite/domain/auth/User"
import { Clock, Context, Effect, Layer, Redacted, Schema } from "effect"
import { jwtVerify, SignJWT } from "jose"

/** How long an access token is valid, in seconds. */
export const accessTokenSeconds = 15 * 60

const name = "kite"

/** What an access token says (RFC 9068): the account, its role and the session it belongs to. */
export const AccessClaims = Schema.Struct({ sub: UserId, role: Role, sid: Schema.String })
export type AccessClaims = typeof AccessClaims.Type

/** Signed access tokens: made at login and refresh, checked on every request without a query. */
export class AccessTokens extends Context.Service<
  AccessTokens,
  {
    readonly issue: (claims: AccessClaims) => Effect.Effect<string>
    readonly verify: (token: Redacted.Redacted) => Effect.Effect<AccessClaims, Unauthenticated>
  }
>()("@kite/server/auth/AccessTokens") {
  static readonly layer = Layer.effect(
    AccessTokens,
    Effect.gen(function* () {
      const { TOKEN_SECRET } = yield* Settings
      if (TOKEN_SECRET === undefined) return yield* Effect.die(new Error("TOKEN_SECRET must be set"))
      const key = createSecretKey(Redacted.value(TOKEN_SECRET), "utf8")
      const decode = Schema.decodeUnknownEffect(AccessClaims)
      return AccessTokens.of({
        issue: Effect.fnUntraced(function* ({ sub, role, sid }) {
          const seconds = Math.floor((yield* Clock.currentTimeMillis) / 1000)
          const token = new SignJWT({ role, sid })
            .setProtectedHeader({ alg: "HS256", typ: "at+jwt" })
            .setSubject(sub)
            .setIssuer(name)
            .setAudience(name)
            .setIssuedAt(seconds)
            .setExpirationTime(seconds + accessTokenSeconds)
          return yield* Effect.promise(() => token.sign(key))
        }),
        verify: Effect.fnUntraced(
          function* (token) {
            const currentDate = new Date(yield* Clock.currentTimeMillis)
            const options = { algorithms: ["HS256"], typ: "at+jwt", issuer: name, audience: name, currentDate }
            const { payload } = yield* Effect.tryPromise(() => jwtVerify(Redacted.value(token), key, options))
            return yield* decode(payload)
          },
          Effect.mapError(() => new Unauthenticated({}))
        )
      })
    })
  )
}

import { Unauthenticated } from "@kite/domain/auth/AuthErrors"
import { Role, UserId } from "@kite/domain/users/User"
import { Clock, Context, Effect, Layer, Redacted, Schema } from "effect"
import { decodeProtectedHeader, jwtVerify, SignJWT } from "jose"
import { BoundedCache } from "./BoundedCache.ts"
import { RevokedSessions } from "./RevokedSessions.ts"
import { accessTokenSeconds, TokenKeys } from "./TokenKeys.ts"

const algorithm = "HS256"
const type = "at+jwt"
/** Issuer and audience: kite issues tokens for itself only. */
const name = "kite"
/** How far the instances' clocks may differ, in seconds; a token still ends exactly at its `exp`. */
const clockTolerance = 5
/** Our tokens have about 400 characters. */
const maxLength = 1_024
/** Tokens, at about 1 kB each. */
const cacheCapacity = 10_000

/** The claims of an access token (RFC 9068): the account, its role and its session. */
export const AccessClaims = Schema.Struct({ sub: UserId, role: Role, sid: Schema.String })
export type AccessClaims = typeof AccessClaims.Type

/** A token whose signature and claims are valid; expiry and revocation are checked on each use. */
interface Verified {
  readonly claims: AccessClaims
  readonly kid: string
  readonly issuedAt: number
  readonly expiresAtMillis: number
}

const decodeClaims = Schema.decodeUnknownEffect(
  Schema.Struct({ ...AccessClaims.fields, iat: Schema.Int, exp: Schema.Int })
)

/** Signed access tokens: issued at login and refresh, verified on every request without a query. */
export class AccessTokens extends Context.Service<
  AccessTokens,
  {
    readonly issue: (claims: AccessClaims) => Effect.Effect<string>
    readonly verify: (token: Redacted.Redacted) => Effect.Effect<AccessClaims, Unauthenticated>
  }
>()("@kite/server/auth/tokens/AccessTokens") {
  static readonly layerNoDeps = Layer.effect(
    AccessTokens,
    Effect.gen(function* () {
      const keys = yield* TokenKeys
      const revoked = yield* RevokedSessions
      const cache = new BoundedCache<string, Verified>(cacheCapacity)

      const check = Effect.fnUntraced(
        function* (token: string, now: number) {
          if (token.length > maxLength) return yield* new Unauthenticated({})
          const { kid } = yield* Effect.try(() => decodeProtectedHeader(token))
          const key = kid === undefined ? undefined : yield* keys.find(kid)
          if (kid === undefined || key === undefined) return yield* new Unauthenticated({})
          const expected = { algorithms: [algorithm], typ: type, issuer: name, audience: name }
          const times = { currentDate: new Date(now), clockTolerance, maxTokenAge: accessTokenSeconds }
          const { payload } = yield* Effect.tryPromise(() => jwtVerify(token, key, { ...expected, ...times }))
          const { sub, role, sid, iat, exp } = yield* decodeClaims(payload)
          const verified: Verified = { claims: { sub, role, sid }, kid, issuedAt: iat, expiresAtMillis: exp * 1000 }
          cache.set(token, verified)
          return verified
        },
        Effect.mapError(() => new Unauthenticated({}))
      )

      return AccessTokens.of({
        issue: Effect.fnUntraced(function* ({ sub, role, sid }) {
          const { kid, key } = yield* keys.signing
          const seconds = Math.floor((yield* Clock.currentTimeMillis) / 1000)
          const token = new SignJWT({ role, sid })
            .setProtectedHeader({ alg: algorithm, typ: type, kid })
            .setSubject(sub)
            .setIssuer(name)
            .setAudience(name)
            .setIssuedAt(seconds)
            .setExpirationTime(seconds + accessTokenSeconds)
          return yield* Effect.promise(() => token.sign(key))
        }),
        verify: Effect.fnUntraced(function* (redacted) {
          const token = Redacted.value(redacted)
          const now = yield* Clock.currentTimeMillis
          const { claims, kid, issuedAt, expiresAtMillis } = cache.get(token) ?? (yield* check(token, now))
          const isExpired = now >= expiresAtMillis || (yield* keys.find(kid)) === undefined
          if (isExpired || (yield* revoked.has(claims.sid, issuedAt))) return yield* new Unauthenticated({})
          return claims
        })
      })
    })
  )

  static readonly layer = AccessTokens.layerNoDeps.pipe(Layer.provide([TokenKeys.layer, RevokedSessions.layer]))
}

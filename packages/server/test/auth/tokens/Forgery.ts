import { TokenKeys } from "@kite/server/auth/tokens/TokenKeys"
import { Effect, Layer } from "effect"
import { type JWTPayload, SignJWT } from "jose"

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url")

/** The header and claims that kite itself would write for this session. */
export const honestHeader = { alg: "HS256", typ: "at+jwt" }
export const honestClaims = (sub: string, sid: string) => {
  const iat = Math.floor(Date.now() / 1000)
  return { sub, sid, role: "user", iss: "kite", aud: "kite", iat, exp: iat + 900 }
}

/** Signs any claims with the server's own key, so that only its other checks can refuse them. */
export const signAsServer = Effect.gen(function* () {
  const { signing } = yield* TokenKeys
  const { key, kid } = yield* signing
  return (claims: JWTPayload, header: Readonly<Record<string, unknown>> = {}) =>
    Effect.promise(() => new SignJWT(claims).setProtectedHeader({ ...honestHeader, kid, ...header }).sign(key))
}).pipe(Effect.provide(Layer.fresh(TokenKeys.layer)))

export const unsigned = (header: object, claims: object, signature = "") =>
  `${part(header)}.${part(claims)}.${signature}`

export const claimsOf = (token: string) => JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString())
export const headerOf = (token: string) => JSON.parse(Buffer.from(token.split(".")[0] ?? "", "base64url").toString())

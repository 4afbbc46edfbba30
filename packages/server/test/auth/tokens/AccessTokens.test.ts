import { randomBytes } from "node:crypto"
import { assert } from "@effect/vitest"
import { statusOfMe } from "@kite/testkit/accounts/Sessions"
import { send, signUp } from "@kite/testkit/http/Client"
import { assertProblem } from "@kite/testkit/http/Problem"
import { TestServer } from "@kite/testkit/http/TestServer"
import { suite } from "@kite/testkit/Suite"
import { Effect } from "effect"
import { SignJWT } from "jose"
import { claimsOf, headerOf, honestClaims, honestHeader, signAsServer, unsigned } from "./Forgery.ts"

const me = (authorization: string) => send("/api/auth/me", { headers: { authorization } })

const signedUp = Effect.map(signUp, (user) => {
  const token = user.authorization.authorization.slice("Bearer ".length)
  return { ...user, token, claims: honestClaims(user.id, claimsOf(token).sid) }
})

suite(TestServer.layer)("access tokens", (it) => {
  it.effect("contain subject, role, issuer, audience, times, session and key, and no personal data", () =>
    Effect.gen(function* () {
      const { id, token } = yield* signedUp
      const { kid, ...header } = headerOf(token)
      assert.deepStrictEqual(header, { alg: "HS256", typ: "at+jwt" })
      assert.match(kid, /^[0-9a-f]{16}$/)
      const { iat, exp, sid, ...claims } = claimsOf(token)
      assert.deepStrictEqual(claims, { sub: id, role: "user", iss: "kite", aud: "kite" })
      assert.strictEqual(exp - iat, 900)
      assert.match(sid, /^[0-9a-f-]{36}$/)
    })
  )

  it.effect("that are correct in everything are accepted: the forgeries below differ from them in one point each", () =>
    Effect.gen(function* () {
      const { claims } = yield* signedUp
      const sign = yield* signAsServer
      assert.strictEqual(yield* statusOfMe(yield* sign(claims)), 200)
    })
  )

  it.effect("are refused with any claim or header that kite does not write, always with the same response", () =>
    Effect.gen(function* () {
      const { claims, token } = yield* signedUp
      const sign = yield* signAsServer
      const { iat } = claims
      const without = (name: string) => Object.fromEntries(Object.entries(claims).filter(([key]) => key !== name))
      const [head = "", body = "", signature = ""] = token.split(".")
      const { kid } = headerOf(token)
      const forged: Record<string, string> = {
        expired: yield* sign({ ...claims, iat: iat - 1000, exp: iat - 100 }),
        "expired this second": yield* sign({ ...claims, iat: iat - 900, exp: iat }),
        "valid too long": yield* sign({ ...claims, iat: iat - 1000, exp: iat + 10_000 }),
        "issued in the future": yield* sign({ ...claims, iat: iat + 60 }),
        "not valid yet": yield* sign({ ...claims, nbf: iat + 60 }),
        "another audience": yield* sign({ ...claims, aud: "kites" }),
        "another issuer": yield* sign({ ...claims, iss: "https://kite.example" }),
        "another type": yield* sign(claims, { typ: "JWT" }),
        "an ID token": yield* sign(claims, { typ: "id_token+jwt" }),
        "another algorithm, same key": yield* sign(claims, { alg: "HS512" }),
        "an unknown kid": yield* sign(claims, { kid: "0000000000000000" }),
        "SQL as kid": yield* sign(claims, { kid: "' OR 1=1 --" }),
        "a path as kid": yield* sign(claims, { kid: "../../dev/null" }),
        "no kid": yield* sign(claims, { kid: undefined }),
        "a subject that is no id": yield* sign({ ...claims, sub: "' OR 1=1 --" }),
        "an invented role": yield* sign({ ...claims, role: "root" }),
        ...Object.fromEntries(
          yield* Effect.forEach(["sub", "sid", "role", "iss", "aud", "iat", "exp"], (name) =>
            Effect.map(sign(without(name)), (jwt) => [`no ${name}`, jwt] as const)
          )
        ),
        "alg none": unsigned({ ...honestHeader, alg: "none", kid }, claims),
        "alg None, signed": unsigned({ ...honestHeader, alg: "None", kid }, claims, signature),
        "alg swapped to RS256": unsigned({ ...honestHeader, alg: "RS256", kid }, claims, signature),
        "an empty signature": `${head}.${body}.`,
        "a signature cut short": token.slice(0, -1),
        "another role, same signature": `${head}.${unsigned({}, { ...claims, role: "admin" }).split(".")[1]}.${signature}`,
        "two parts": `${head}.${body}`,
        "no JSON": "aaaa.bbbb.cccc",
        "8,000 characters": `${token}${"A".repeat(8_000)}`,
        "an encrypted token": `${head}.${body}.${signature}.${body}.${head}`
      }
      const shapes = new Set<string>()
      for (const [name, jwt] of Object.entries(forged)) {
        const answer = yield* me(`Bearer ${jwt}`)
        assert.strictEqual(answer.status, 401, name)
        assertProblem(answer, 401, "unauthenticated")
        assert.strictEqual(answer.headers.get("www-authenticate"), 'Bearer realm="kite"', name)
        const { correlationId: _, ...problem } = answer.json
        shapes.add(JSON.stringify(problem))
      }
      assert.lengthOf(shapes, 1)
      assert.strictEqual(yield* statusOfMe(token), 200)
    })
  )

  it.effect("are refused with a key in the token, or at an address in the token", () =>
    Effect.gen(function* () {
      const { claims, token } = yield* signedUp
      const { kid } = headerOf(token)
      const secret = randomBytes(32)
      const jwk = { kty: "oct", k: secret.toString("base64url"), alg: "HS256" }
      const url = "http://127.0.0.1:1/keys"
      for (const hint of [{ jwk }, { jku: url }, { x5u: url }, { jwk: { ...jwk, kid } }]) {
        for (const id of [kid, "mine", undefined]) {
          const forged = new SignJWT(claims).setProtectedHeader({ ...honestHeader, kid: id, ...hint }).sign(secret)
          assert.strictEqual(yield* statusOfMe(yield* Effect.promise(() => forged)), 401)
        }
      }
    })
  )

  it.effect("are accepted only in an Authorization header with the Bearer scheme", () =>
    Effect.gen(function* () {
      const { token } = yield* signedUp
      for (const authorization of [
        token,
        `Basic ${token}`,
        `Bearer${token}`,
        "Bearer",
        "",
        `Bearer ${token}, Bearer ${token}`
      ]) {
        assertProblem(yield* me(authorization), 401, "unauthenticated")
      }
      assert.strictEqual((yield* me(`bearer ${token}`)).status, 200)
      assertProblem(yield* send(`/api/auth/me?access_token=${token}`), 401, "unauthenticated")
      assertProblem(
        yield* send("/api/auth/me", { headers: { cookie: `access_token=${token}` } }),
        401,
        "unauthenticated"
      )
    })
  )
})

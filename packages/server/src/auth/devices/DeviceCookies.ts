import { createHmac, timingSafeEqual } from "node:crypto"
import { Settings } from "@kite/adapters/settings/Settings"
import type { Email } from "@kite/domain/users/Email"
import { Context, Duration, Effect, Layer } from "effect"
import { SecureRandom } from "effect/crypto"
import { HttpEffect, HttpServerRequest, HttpServerResponse } from "effect/http"
import { SecureCookies } from "../sessions/RefreshCookie.ts"
import { deriveKey } from "../tokens/Seal.ts"

/** A browser may have logged in to several accounts. The cookie keeps the last ones; more than anybody uses. */
const maxAccounts = 8
const lifetime = Duration.days(365)
/** 128 random bits, then one or more HMAC-SHA256, as base64url. */
const format = /^[\w-]{22}(\.[\w-]{43}){1,8}$/

/** `__Host-` would require `Path=/`, but the cookie goes to no other endpoint than login. */
const cookie = Effect.map(SecureCookies, (secure) => ({
  secure,
  name: secure ? "__Secure-kite_device" : "kite_device"
}))

/** A device, and one signature for each account that it has logged in to. */
interface Presented {
  readonly device: string
  readonly signatures: ReadonlyArray<string>
}

const parse = (value: string | undefined): Presented | undefined => {
  if (value === undefined || !format.test(value)) return undefined
  const [device = "", ...signatures] = value.split(".")
  return { device, signatures }
}

const isSame = (a: string, b: string) => a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b))

/**
 * Cookies of devices that have logged in before (OWASP, "Slow Down Online Guessing Attacks with Device Cookies"). A device's failed
 * logins are counted apart from those of strangers, and that is all the cookie does: it proves no identity and replaces no password.
 *
 * `<device>.<signature>.<signature>`: the device is random, and each signature is its HMAC with the e-mail of one account. So the
 * cookie names no account, and works for no other.
 */
export class DeviceCookies extends Context.Service<
  DeviceCookies,
  {
    /** The device that the request comes from, if it has logged in to the account of this e-mail before. */
    readonly identify: (email: Email) => Effect.Effect<string | undefined, never, HttpServerRequest.HttpServerRequest>
    /** Sets the cookie: the device has logged in to the account. */
    readonly remember: (email: Email) => Effect.Effect<void, never, HttpServerRequest.HttpServerRequest>
  }
>()("@kite/server/auth/devices/DeviceCookies") {
  static readonly layer = Layer.effect(
    DeviceCookies,
    Effect.gen(function* () {
      const { TOKEN_SECRET: secret } = yield* Settings
      if (secret === undefined) return yield* Effect.die(new Error("TOKEN_SECRET must be set"))
      const key = deriveKey(secret, "device cookie")
      const sign = (device: string, email: Email) =>
        createHmac("sha256", key).update(`${device} ${email}`).digest("base64url")

      const presented = Effect.gen(function* () {
        const { name } = yield* cookie
        const { cookies } = yield* HttpServerRequest.HttpServerRequest
        return parse(cookies[name])
      })

      /** The presented device, if one of its signatures is the account's. */
      const known = (email: Email) =>
        Effect.map(presented, (given) => {
          if (given === undefined) return undefined
          const signature = sign(given.device, email)
          return given.signatures.some((other) => isSame(other, signature)) ? given : undefined
        })

      return DeviceCookies.of({
        identify: (email) => Effect.map(known(email), (given) => given?.device),
        remember: Effect.fn("DeviceCookies.remember")(function* (email) {
          const { name, secure } = yield* cookie
          const { device, signatures }: Presented = (yield* presented) ?? {
            device: Buffer.from(SecureRandom.randomBytesUnsafe(16)).toString("base64url"),
            signatures: []
          }
          const signature = sign(device, email)
          const others = signatures.filter((other) => other !== signature)
          const value = [device, signature, ...others].slice(0, 1 + maxAccounts).join(".")
          yield* HttpEffect.appendPreResponseHandler((_request, response) =>
            Effect.succeed(
              HttpServerResponse.setCookieUnsafe(response, name, value, {
                httpOnly: true,
                secure,
                sameSite: "strict",
                path: "/api/auth/login",
                maxAge: lifetime
              })
            )
          )
        })
      })
    })
  )
}

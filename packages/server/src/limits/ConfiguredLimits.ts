import { Settings } from "@kite/adapters/settings/Settings"
import { defaultRateLimits, type PolicyName, RateLimits } from "@kite/domain/limits/RateLimitPolicy"
import { Effect, Layer } from "effect"
import { RateLimiter } from "./RateLimiter.ts"
import * as RateLimiterRedis from "./RateLimiterRedis.ts"

const limitsOf = (settings: Settings["Service"]): RateLimits => {
  const configured = {
    "auth-ip": settings.RATE_LIMIT_AUTH_IP,
    "password-reset-ip": settings.RATE_LIMIT_PASSWORD_RESET_IP,
    "login-account": settings.RATE_LIMIT_LOGIN_ACCOUNT,
    account: settings.RATE_LIMIT_ACCOUNT,
    ip: settings.RATE_LIMIT_IP
  }
  const limitOf = (name: PolicyName) => configured[name] ?? defaultRateLimits[name]
  return {
    "auth-ip": limitOf("auth-ip"),
    "password-reset-ip": limitOf("password-reset-ip"),
    "login-account": limitOf("login-account"),
    account: limitOf("account"),
    ip: limitOf("ip")
  }
}

/** The limits of the settings, counted in Redis where there is one and otherwise in this process. */
export const layer = Layer.unwrap(
  Effect.map(Settings, (settings) =>
    Layer.merge(
      settings.REDIS_URL === undefined ? RateLimiter.layerMemory : RateLimiterRedis.layer(settings.REDIS_URL),
      Layer.succeed(RateLimits, limitsOf(settings))
    )
  )
)

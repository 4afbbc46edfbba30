import { NewPassword } from "@kite/domain/auth/Password"
import { RateLimitFromString } from "@kite/domain/limits/RateLimit"
import { policyTable, type RateLimitSetting } from "@kite/domain/limits/RateLimitPolicy"
import { TrustedProxyRule } from "@kite/domain/network/ClientIp"
import { defaultTrustedProxies, TrustedProxiesFromString } from "@kite/domain/network/TrustedProxies"
import { Email } from "@kite/domain/users/Email"
import { Context, Effect, Layer, Schema } from "effect"
import { type EnvironmentError, readEnvironment } from "./Environment.ts"
import { Bytes, List, Millis, Whole } from "./SettingCodecs.ts"

const withDefault = <S extends Schema.Top>(schema: S, text: S["Encoded"]) =>
  schema.pipe(Schema.withDecodingDefaultKey(Effect.succeed(text)))

const url = (...protocols: ReadonlyArray<string>) =>
  Schema.String.check(
    Schema.makeFilter(
      (text) =>
        protocols.includes(URL.parse(text)?.protocol ?? "") || `must be a URL that starts with ${protocols[0]}//`
    )
  )
const secretUrl = (...protocols: ReadonlyArray<string>) => Schema.RedactedFromValue(url(...protocols))

const Origins = List.check(
  Schema.makeFilter(
    (origins) =>
      origins.every((origin) => /^https?:/.test(origin) && URL.parse(origin)?.origin === origin) ||
      "must be origins such as https://app.example.org, without a path"
  )
)

/** `RATE_LIMIT_*`: one for each policy of domain/limits/RateLimitPolicy. */
const rateLimits = Object.fromEntries(
  Object.values(policyTable).map(({ setting, description, defaultLimit }) => [
    setting,
    Schema.optionalKey(RateLimitFromString).annotateKey({ description, unset: `\`${defaultLimit}\`` })
  ])
) as { readonly [Name in RateLimitSetting]: Schema.optionalKey<typeof RateLimitFromString> }

/** Every variable kite reads, by its own name. `NAME_FILE` reads any of them from a file (a Docker secret). */
export const Variables = Schema.Struct({
  PORT: withDefault(Whole(0, 65535), "8000"),
  HOST: withDefault(Schema.NonEmptyString, "127.0.0.1"),
  PUBLIC_URL: Schema.optionalKey(url("http:", "https:")),
  DATA_DIR: withDefault(Schema.NonEmptyString, "./data"),
  DATABASE_URL: Schema.optionalKey(secretUrl("postgres:", "postgresql:")),
  DATABASE_MIGRATE_URL: Schema.optionalKey(secretUrl("postgres:", "postgresql:")),
  DATABASE_CONNECTIONS: withDefault(Whole(2, 200), "10"),
  REDIS_URL: Schema.optionalKey(secretUrl("redis:", "rediss:")),
  OBJECT_STORE_URL: Schema.optionalKey(secretUrl("http:", "https:")),
  TOKEN_SECRET: Schema.optionalKey(
    Schema.RedactedFromValue(
      Schema.String.check(Schema.isMinLength(32, { message: "must have 32 characters or more" }))
    )
  ),
  REFRESH_TOKEN_LIFETIME: withDefault(Millis, "30d"),
  ADMIN_EMAIL: Schema.optionalKey(Email),
  ADMIN_PASSWORD: Schema.optionalKey(NewPassword),
  MAX_UPLOAD_BYTES: withDefault(Bytes, "25 MiB"),
  QUOTA_BYTES: withDefault(Bytes, "100 MB"),
  CORS_ORIGINS: withDefault(Origins, ""),
  SMTP_URL: Schema.optionalKey(secretUrl("smtp:", "smtps:")),
  MAIL_FROM: withDefault(Schema.NonEmptyString, "kite <kite@localhost>"),
  WORKER_CONCURRENCY: withDefault(Whole(1, 64), "2"),
  OCR_LANGUAGES: withDefault(List, "eng"),
  LOG_LEVEL: withDefault(Schema.Literals(["trace", "debug", "info", "warn", "error"]), "info"),
  LOG_FORMAT: Schema.optionalKey(Schema.Literals(["json", "pretty"])),
  SHUTDOWN_GRACE: withDefault(Millis, "10s"),
  TRUSTED_PROXIES: withDefault(TrustedProxiesFromString, defaultTrustedProxies.join(",")),
  TRUSTED_PROXY_RULE: withDefault(TrustedProxyRule, "rightmost"),
  TRUSTED_PROXY_MAX_HOPS: Schema.optionalKey(Whole(1, 10_000)),
  ...rateLimits
})

/** A variable is wrong; `message` has a line for each with its name and what it must be. */
export class SettingsError extends Schema.TaggedError<SettingsError>()("SettingsError", { message: Schema.String }) {}

const decode = Schema.decodeUnknownEffect(Variables, { errors: "all" })

/** The settings of this process, read once. */
export class Settings extends Context.Service<Settings, typeof Variables.Type>()("@kite/adapters/settings/Settings") {
  static readonly fromVariables = (environment: Readonly<Record<string, string | undefined>>) =>
    readEnvironment(environment, Object.keys(Variables.fields)).pipe(
      Effect.flatMap((values) => decode(values)),
      Effect.mapError(
        (error: EnvironmentError | Schema.SchemaError) =>
          new SettingsError({ message: `Wrong settings\n${error.message}` })
      )
    )

  static readonly fromEnvironment = Effect.suspend(() => Settings.fromVariables(process.env))

  static readonly layer = Layer.effect(Settings, Effect.map(Settings.fromEnvironment, Settings.of))

  /** Settings for tests: the defaults with these variables on top. */
  static readonly layerOf = (variables: Readonly<Record<string, string>>) =>
    Layer.effect(Settings, Settings.fromVariables(variables).pipe(Effect.map(Settings.of)))
}

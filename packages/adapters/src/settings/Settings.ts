import { Email } from "@kite/domain/auth/Email"
import { NewPassword } from "@kite/domain/auth/Password"
import { RateLimitFromString } from "@kite/domain/limits/RateLimit"
import { TrustedProxyRule } from "@kite/domain/network/ClientIp"
import { defaultTrustedProxies, TrustedProxiesFromString } from "@kite/domain/network/TrustedProxies"
import { Context, Effect, Layer, Schema, SchemaIssue } from "effect"
import { readEnvironment } from "./Environment.ts"
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

/** Every variable that kite reads. `NAME_FILE` reads any of them from a file (a Docker secret). */
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
  RATE_LIMIT_AUTH_IP: Schema.optionalKey(RateLimitFromString),
  RATE_LIMIT_PASSWORD_RESET_IP: Schema.optionalKey(RateLimitFromString),
  RATE_LIMIT_LOGIN_ACCOUNT: Schema.optionalKey(RateLimitFromString),
  RATE_LIMIT_ACCOUNT: Schema.optionalKey(RateLimitFromString),
  RATE_LIMIT_IP: Schema.optionalKey(RateLimitFromString)
})

/** Settings are wrong or missing; `message` names each of them and says what it must be. */
export class SettingsError extends Schema.TaggedError<SettingsError>()("SettingsError", { message: Schema.String }) {}

const decode = Schema.decodeUnknownEffect(Variables, { errors: "all" })

const format = SchemaIssue.makeFormatterStandardSchemaV1()

/** `PORT must be a whole number from 0 to 65535; LOG_LEVEL: ...` */
const describe = ({ issue }: Schema.SchemaError) =>
  format(issue)
    .issues.map(({ message, path = [] }) => `${path.join(".")}${message.startsWith("must ") ? "" : ":"} ${message}`)
    .join("; ")

/** The settings of this process, read once. */
export class Settings extends Context.Service<Settings, typeof Variables.Type>()("@kite/adapters/settings/Settings") {
  static readonly fromVariables = (environment: Readonly<Record<string, string | undefined>>) =>
    readEnvironment(environment, Object.keys(Variables.fields)).pipe(
      Effect.flatMap((values) => decode(values)),
      Effect.mapError((error) => {
        const text = Schema.isSchemaError(error) ? describe(error) : error.message
        return new SettingsError({ message: `Wrong settings: ${text}` })
      })
    )

  static readonly fromEnvironment = Effect.suspend(() => Settings.fromVariables(process.env))

  static readonly layer = Layer.effect(Settings, Effect.map(Settings.fromEnvironment, Settings.of))

  /** For tests: these variables, defaults for all others. */
  static readonly layerOf = (variables: Readonly<Record<string, string>>) =>
    Layer.effect(Settings, Settings.fromVariables(variables).pipe(Effect.map(Settings.of)))
}

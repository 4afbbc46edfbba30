import { NewPassword } from "@kite/domain/auth/Password"
import { RateLimitFromString } from "@kite/domain/limits/RateLimit"
import { policyTable, type RateLimitSetting } from "@kite/domain/limits/RateLimitPolicy"
import { TrustedProxyRule } from "@kite/domain/network/ClientIp"
import { defaultTrustedProxies, TrustedProxiesFromString } from "@kite/domain/network/TrustedProxies"
import { Email } from "@kite/domain/users/Email"
import { Context, Effect, Layer, Schema, SchemaIssue } from "effect"
import { readEnvironment } from "./Environment.ts"
import { Bytes, List, Millis, PortOrOff, Whole } from "./SettingCodecs.ts"

const withDefault = <S extends Schema.Top>(schema: S, text: S["Encoded"]) =>
  schema
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed(text)))
    .annotateKey({ unset: text === "" ? "none" : `\`${text}\`` })

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

/**
 * Every variable that kite reads. `NAME_FILE` reads any of them from a file (a Docker secret). The README's table
 * is written from the annotations: `description`, an `example`, and `unset`, what happens without the variable.
 */
export const Variables = Schema.Struct({
  PORT: withDefault(Whole(0, 65535), "8000").annotateKey({ description: "Port the API listens on" }),
  HOST: withDefault(Schema.NonEmptyString, "127.0.0.1").annotateKey({ description: "Address the API listens on" }),
  PUBLIC_URL: Schema.optionalKey(url("http:", "https:")).annotateKey({
    description: "Address that clients use. `https://` turns HSTS on",
    example: "https://kite.example.org",
    unset: "none"
  }),
  METRICS_PORT: Schema.optionalKey(PortOrOff).annotateKey({
    description:
      "Port of `/metrics` (Prometheus), which the port of the API does not have. `0` is any free port, `off` none. A worker has metrics only if this is set",
    example: "9100",
    unset: "`PORT` + 10000, so `18000`"
  }),
  METRICS_HOST: withDefault(Schema.NonEmptyString, "127.0.0.1").annotateKey({
    description: "Address that `/metrics` listens on. It has no login: open it to your own network only"
  }),
  DATA_DIR: withDefault(Schema.NonEmptyString, "./data").annotateKey({
    description: "Where `kite start` keeps its database, files, secrets and outgoing mail"
  }),
  DATABASE_URL: Schema.optionalKey(secretUrl("postgres:", "postgresql:")).annotateKey({
    description: "PostgreSQL 15 or newer",
    example: "postgres://kite:PASSWORD@host:5432/kite",
    unset: "embedded PostgreSQL in `DATA_DIR`"
  }),
  DATABASE_MIGRATE_URL: Schema.optionalKey(secretUrl("postgres:", "postgresql:")).annotateKey({
    description:
      "Connection of the role that owns the tables. kite updates the schema with it; the role of `DATABASE_URL` then needs to own nothing",
    example: "postgres://owner:PASSWORD@host:5432/kite",
    unset: "`DATABASE_URL`"
  }),
  DATABASE_CONNECTIONS: withDefault(Whole(2, 200), "10").annotateKey({
    description: "Connections of one process to PostgreSQL"
  }),
  REDIS_URL: Schema.optionalKey(secretUrl("redis:", "rediss:")).annotateKey({
    description: "Redis that counts the rate limits of all servers together",
    example: "redis://:PASSWORD@host:6379",
    unset: "each server counts in memory"
  }),
  OBJECT_STORE_URL: Schema.optionalKey(secretUrl("http:", "https:")).annotateKey({
    description: "Bucket of an S3 server",
    example: "http://KEY:SECRET@host:9000/bucket?region=us-east-1",
    unset: "files in `DATA_DIR`"
  }),
  TOKEN_SECRET: Schema.optionalKey(
    Schema.RedactedFromValue(
      Schema.String.check(Schema.isMinLength(32, { message: "must have 32 characters or more" }))
    )
  ).annotateKey({
    description: "Protects the keys that sign access tokens. 32 characters or more, the same on every server",
    unset: "created once in `DATA_DIR`"
  }),
  REFRESH_TOKEN_LIFETIME: withDefault(Millis, "30d").annotateKey({
    description: "How long a session lasts after its login"
  }),
  ADMIN_EMAIL: Schema.optionalKey(Email).annotateKey({
    description: "E-mail of the first admin, who is created while there is no account. Needs `ADMIN_PASSWORD`",
    example: "admin@example.org",
    unset: "none"
  }),
  ADMIN_PASSWORD: Schema.optionalKey(NewPassword).annotateKey({
    description: "Password of the first admin",
    unset: "none"
  }),
  REGISTRATION: Schema.optionalKey(Schema.Literals(["open", "invite", "closed"])).annotateKey({
    description:
      "Who may register: everybody (`open`), who got an invite by mail (`invite`), or nobody (`closed`). Admins can always create accounts",
    unset: "`open` with the embedded PostgreSQL, else `invite`"
  }),
  EMAIL_PROOF: withDefault(Schema.Literals(["on", "off"]), "off").annotateKey({
    description: "`on`: who registers without an invite must open a link in a mail before the first upload"
  }),
  AUDIT_READS: withDefault(Schema.Literals(["on", "off"]), "off").annotateKey({
    description: "`on`: the audit log also records downloads and reads of a document's text"
  }),
  AUDIT_RETENTION: Schema.optionalKey(
    Millis.check(Schema.isGreaterThanOrEqualTo(86_400_000, { message: "must be 1d or more" }))
  ).annotateKey({
    description: "Age from which `kite audit prune` removes entries of the audit log",
    example: "365d",
    unset: "entries are kept for ever"
  }),
  MAX_UPLOAD_BYTES: withDefault(Bytes, "25 MiB").annotateKey({ description: "Size of the largest file" }),
  QUOTA_BYTES: withDefault(Bytes, "100 MB").annotateKey({ description: "Bytes that a new account may store" }),
  MIN_FREE_DISK: withDefault(Bytes, "512 MiB").annotateKey({
    description: "Free space on the disk of `DATA_DIR` below which uploads get 507. Everything else keeps working"
  }),
  MAX_UPLOADS_PER_ACCOUNT: withDefault(Whole(1, 1_000), "20").annotateKey({
    description: "Uploads of one account that a server receives at the same time. Others wait up to 10 s"
  }),
  MAX_DOWNLOADS_PER_ACCOUNT: withDefault(Whole(1, 1_000), "20").annotateKey({
    description:
      "Downloads of one account that a server sends at the same time, long texts included. Others wait up to 10 s"
  }),
  CORS_ORIGINS: withDefault(Origins, "").annotateKey({
    description: "Origins of browser apps that may call the API, separated by commas",
    example: "https://app.example.org",
    unset: "none"
  }),
  SMTP_URL: Schema.optionalKey(secretUrl("smtp:", "smtps:")).annotateKey({
    description: "SMTP server that delivers mail",
    example: "smtps://USER:PASSWORD@host:465",
    unset: "files in `DATA_DIR/outbox`"
  }),
  MAIL_FROM: withDefault(Schema.NonEmptyString, "kite <kite@localhost>").annotateKey({
    description: "Sender of every mail"
  }),
  WORKER_CONCURRENCY: withDefault(Whole(1, 64), "2").annotateKey({
    description: "Documents that one worker reads at the same time"
  }),
  OCR_LANGUAGES: withDefault(List, "eng").annotateKey({
    description: "Languages of Tesseract, separated by commas. Each needs `npm install @tesseract.js-data/<name>`",
    example: "eng,deu"
  }),
  LOG_LEVEL: withDefault(Schema.Literals(["trace", "debug", "info", "warn", "error"]), "info").annotateKey({
    description: "Lowest level that is logged: `trace`, `debug`, `info`, `warn` or `error`"
  }),
  LOG_FORMAT: Schema.optionalKey(Schema.Literals(["json", "pretty"])).annotateKey({
    description: "`json` or `pretty`",
    unset: "`pretty` on a terminal, else `json`"
  }),
  MAX_CONNECTIONS: withDefault(Whole(1, 1_000_000), "10000").annotateKey({
    description: "Open connections of a server"
  }),
  MAX_CONNECTIONS_PER_ADDRESS: withDefault(Whole(1, 1_000_000), "200").annotateKey({
    description: "Open connections from one address. Trusted proxies have no limit of their own"
  }),
  SHUTDOWN_GRACE: withDefault(Millis, "10s").annotateKey({
    description: "Time that open requests and jobs have to finish after SIGTERM"
  }),
  TRUSTED_PROXIES: withDefault(TrustedProxiesFromString, defaultTrustedProxies.join(",")).annotateKey({
    description:
      "Proxies whose `X-Forwarded-For` is used: CIDR or addresses, or `none`. See [behind a proxy](docs/behind-a-proxy.md)",
    example: "172.18.0.2"
  }),
  TRUSTED_PROXY_RULE: withDefault(TrustedProxyRule, "rightmost").annotateKey({
    description: "Which address of `X-Forwarded-For` is the client: `rightmost` or `leftmost`"
  }),
  TRUSTED_PROXY_MAX_HOPS: Schema.optionalKey(Whole(1, 10_000)).annotateKey({
    description: "Elements of `X-Forwarded-For` that are read at most, from the right",
    example: "1",
    unset: "no limit"
  }),
  ...rateLimits
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

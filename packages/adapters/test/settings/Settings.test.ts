import { assert, describe, it } from "@effect/vitest"
import { Settings, Variables } from "@kite/adapters/settings/Settings"
import { Effect, Redacted, Schema } from "effect"
import fc from "fast-check"

const { fromVariables } = Settings
const names = Object.keys(Variables.fields) as ReadonlyArray<keyof Settings["Service"]>
const plain = (value: unknown) => (Redacted.isRedacted(value) ? Redacted.value(value) : value)
/** A setting in a form that can be compared: numbers and texts unchanged, all others formatted. */
const seen = (value: unknown) => {
  if (typeof value === "number" || typeof value === "string") return value
  const isRecord = typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype
  return isRecord ? JSON.stringify(value) : String(plain(value))
}

interface Expected {
  /** The default, formatted if it is not a number or text. */
  readonly unset: unknown
  readonly good: Readonly<Record<string, unknown>>
  readonly bad: ReadonlyArray<string>
}

const ports: Expected = { unset: 8000, good: { "0": 0, "65535": 65535 }, bad: ["65536", "-1", "80a", "1.5", "0x50"] }
const text = (unset: unknown): Expected => ({ unset, good: { anything: "anything" }, bad: [] })
const secretUrl = (good: string, ...bad: ReadonlyArray<string>): Expected => ({
  unset: "undefined",
  good: { [good]: good },
  bad: ["hunter2hunter2", "ftp://u:hunter2hunter2@h/", "//hunter2hunter2", ...bad]
})
const bytes = (unset: number): Expected => ({
  unset,
  good: { "26214400": 26214400, "25 MiB": 26214400, "100 MB": 100_000_000, "1GiB": 2 ** 30 },
  bad: ["-1", "25 XB", "many", "1e400", "9".repeat(30)]
})
const millis = (unset: number): Expected => ({
  unset,
  good: { "500ms": 500, "30s": 30_000, "15m": 900_000, "12h": 43_200_000, "30d": 2_592_000_000 },
  bad: ["30", "30 seconds", "-1s", "1.5s", "s"]
})
const list = (unset: string): Expected => ({ unset, good: { "a, b,,c ": "a,b,c", ",": "" }, bad: [] })
const whole = (unset: unknown, minimum: number, maximum: number): Expected => ({
  unset,
  good: { [minimum]: minimum, [maximum]: maximum },
  bad: [String(minimum - 1), String(maximum + 1), "x", "2.5"]
})
const rate: Expected = {
  unset: "undefined",
  good: { "10/1m": '{"limit":10,"windowMs":60000}' },
  bad: ["10", "10/m", "0/1m", "10 per minute", "-1/1m"]
}

const expected: Record<keyof Settings["Service"], Expected> = {
  PORT: ports,
  HOST: text("127.0.0.1"),
  PUBLIC_URL: {
    unset: "undefined",
    good: { "https://kite.example.org": "https://kite.example.org" },
    bad: ["kite.example.org", "ftp://x"]
  },
  METRICS_PORT: {
    unset: "undefined",
    good: { off: "off", "0": 0, "65535": 65_535 },
    bad: ["on", "-1", "65536", "Off"]
  },
  METRICS_HOST: text("127.0.0.1"),
  DATA_DIR: text("./data"),
  DATABASE_URL: secretUrl("postgres://u:p@h:5432/d"),
  DATABASE_MIGRATE_URL: secretUrl("postgresql://u:p@h/d"),
  DATABASE_CONNECTIONS: whole(10, 2, 200),
  REDIS_URL: secretUrl("rediss://:p@h:6379/0", "http://hunter2hunter2"),
  OBJECT_STORE_URL: {
    unset: "undefined",
    good: {
      "http://KEY:SECRET@h:9000/bucket": "http://KEY:SECRET@h:9000/bucket",
      "file:///srv/kite/my%20objects": "file:///srv/kite/my%20objects"
    },
    bad: [
      ...secretUrl("", "s3://hunter2hunter2").bad,
      "file://host/hunter2hunter2",
      "file:hunter2hunter2",
      "file:///",
      "file:///hunter2hunter2?x",
      "file:///hunter2%2Fhunter2"
    ]
  },
  TOKEN_SECRET: { unset: "undefined", good: { ["s".repeat(32)]: "s".repeat(32) }, bad: ["hunter2hunter2"] },
  REFRESH_TOKEN_LIFETIME: millis(2_592_000_000),
  ADMIN_EMAIL: { unset: "undefined", good: { " Root@Example.org": "root@example.org" }, bad: ["root", "hunter2@"] },
  ADMIN_PASSWORD: { unset: "undefined", good: { "up, up and away": "up, up and away" }, bad: ["hunter2hunt"] },
  REGISTRATION: { unset: "undefined", good: { open: "open", invite: "invite", closed: "closed" }, bad: ["no"] },
  EMAIL_PROOF: { unset: "off", good: { on: "on", off: "off" }, bad: ["yes"] },
  AUDIT_READS: { unset: "off", good: { on: "on", off: "off" }, bad: ["true"] },
  AUDIT_RETENTION: {
    unset: "undefined",
    good: { "365d": 31_536_000_000, "24h": 86_400_000 },
    bad: ["1h", "1y", "-1d"]
  },
  MAX_UPLOAD_BYTES: bytes(26_214_400),
  QUOTA_BYTES: bytes(100_000_000),
  MIN_FREE_DISK: bytes(536_870_912),
  MAX_CONNECTIONS: whole(10_000, 1, 1_000_000),
  MAX_CONNECTIONS_PER_ADDRESS: whole(200, 1, 1_000_000),
  MAX_UPLOADS_PER_ACCOUNT: whole(20, 1, 1_000),
  MAX_DOWNLOADS_PER_ACCOUNT: whole(20, 1, 1_000),
  CORS_ORIGINS: {
    unset: "",
    good: { "https://a.example.org, http://localhost:5173,": "https://a.example.org,http://localhost:5173" },
    bad: ["example.org", "https://a.example.org/path", "*", "ftp://a.example.org"]
  },
  SMTP_URL: secretUrl("smtps://u:p@h:465", "http://hunter2hunter2"),
  MAIL_FROM: text("kite <kite@localhost>"),
  WORKER_CONCURRENCY: whole(2, 1, 64),
  OCR_LANGUAGES: list("eng"),
  LOG_LEVEL: { unset: "info", good: { debug: "debug", error: "error" }, bad: ["INFO", "loud"] },
  LOG_FORMAT: { unset: "undefined", good: { json: "json", pretty: "pretty" }, bad: ["xml"] },
  SHUTDOWN_GRACE: millis(10_000),
  TRUSTED_PROXIES: {
    unset: "127.0.0.0/8,172.16.0.0/12,192.168.0.0/16,::1/128",
    good: { "10.0.0.0/8": "10.0.0.0/8", none: "none" },
    bad: ["everybody", "10.0.0.0/64"]
  },
  TRUSTED_PROXY_RULE: { unset: "rightmost", good: { rightmost: "rightmost" }, bad: ["any"] },
  TRUSTED_PROXY_MAX_HOPS: whole("undefined", 1, 10_000),
  RATE_LIMIT_AUTH_IP: rate,
  RATE_LIMIT_PASSWORD_RESET_IP: rate,
  RATE_LIMIT_REFRESH_SESSION: rate,
  RATE_LIMIT_REFRESH_IP: rate,
  RATE_LIMIT_LOGIN_ACCOUNT: rate,
  RATE_LIMIT_LOGIN_DEVICE: rate,
  RATE_LIMIT_PASSWORD_ACCOUNT: rate,
  RATE_LIMIT_ACCOUNT: rate,
  RATE_LIMIT_IP: rate
}

const secrets = [
  "DATABASE_URL",
  "DATABASE_MIGRATE_URL",
  "REDIS_URL",
  "OBJECT_STORE_URL",
  "TOKEN_SECRET",
  "ADMIN_PASSWORD",
  "SMTP_URL"
] as const

describe("settings", () => {
  it.effect.each(names)("have a default: %s", (name) =>
    Effect.gen(function* () {
      assert.strictEqual(seen((yield* fromVariables({}))[name]), expected[name].unset)
      assert.strictEqual(seen((yield* fromVariables({ [name]: "" }))[name]), expected[name].unset)
    })
  )

  it.effect.each(names)("are read from the variable of their name: %s", (name) =>
    Effect.gen(function* () {
      for (const [value, meaning] of Object.entries(expected[name].good)) {
        assert.strictEqual(seen((yield* fromVariables({ [name]: value }))[name]), meaning, value)
      }
    })
  )

  it.effect.each(names)("name a wrong variable without its value: %s", (name) =>
    Effect.gen(function* () {
      for (const value of expected[name].bad) {
        const { message } = yield* Effect.flip(fromVariables({ [name]: value }))
        assert.match(message, new RegExp(`\\b${name}\\b`), value)
        assert.notInclude(message, "hunter2")
      }
    })
  )

  it.effect("name every wrong variable at once", () =>
    Effect.gen(function* () {
      const { message } = yield* Effect.flip(fromVariables({ PORT: "x", LOG_LEVEL: "loud", QUOTA_BYTES: "much" }))
      for (const name of ["PORT", "LOG_LEVEL", "QUOTA_BYTES"]) assert.include(message, name)
    })
  )

  it.effect("do not show their secrets in logs or messages", () =>
    Effect.gen(function* () {
      const marked = secrets.map((name) => [name, `${Object.keys(expected[name].good)[0]}/hunter2`])
      const settings = yield* fromVariables(Object.fromEntries(marked))
      for (const shown of [JSON.stringify(settings), String(settings), `${Object.values(settings)}`]) {
        assert.notInclude(shown, "hunter2")
      }
    })
  )

  it("do not show a wrong secret, whatever it is", () => {
    const secret = fc.string({ unit: "binary", minLength: 6, maxLength: 31 })
    fc.assert(
      fc.property(fc.constantFrom(...secrets), secret, (name, value) => {
        fc.pre(value.trim() !== "")
        const result = Effect.runSync(Effect.result(fromVariables({ [name]: value })))
        if (result._tag === "Failure") assert.notInclude(result.failure.message.replaceAll(name, ""), value)
      }),
      { numRuns: 500 }
    )
  })

  it.effect("with secrets are all redacted", () =>
    Effect.gen(function* () {
      const settings = yield* fromVariables(
        Object.fromEntries(
          names.flatMap((name) =>
            Object.keys(expected[name].good)
              .slice(0, 1)
              .map((value) => [name, value])
          )
        )
      )
      const redacted = names.filter((name) => Redacted.isRedacted(settings[name]))
      assert.sameMembers(redacted, [...secrets])
      assert.isTrue(Schema.is(Schema.toType(Variables))(settings))
    })
  )
})

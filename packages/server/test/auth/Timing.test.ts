import { assert, it } from "@effect/vitest"
import { Mailer } from "@kite/adapters/mail/Mailer"
import { MailQueue } from "@kite/adapters/mail/MailQueue"
import { Settings } from "@kite/adapters/settings/Settings"
import { Email } from "@kite/domain/users/Email"
import { post, signUp } from "@kite/testkit/http/Client"
import { TestServer } from "@kite/testkit/http/TestServer"
import { testDatabase } from "@kite/testkit/postgres/TestDatabase"
import { suite } from "@kite/testkit/Suite"
import { Effect, Layer, Redacted, References, Schema } from "effect"
import { AuditLog } from "../../src/audit/AuditLog.ts"
import { Passwords } from "../../src/auth/Passwords.ts"
import { PasswordHasher } from "../../src/auth/passwords/PasswordHasher.ts"
import { PasswordResets } from "../../src/auth/passwords/PasswordResets.ts"
import { Sessions } from "../../src/auth/sessions/Sessions.ts"
import { PasswordGuesses } from "../../src/limits/PasswordGuesses.ts"
import { RateLimiter } from "../../src/limits/RateLimiter.ts"
import { Accounts } from "../../src/users/Accounts.ts"
import { Users } from "../../src/users/Users.ts"
import { compareTimes } from "./TimingComparison.ts"
import { threshold, welchT } from "./WelchTest.ts"

const wrong = "not the password of anybody"
let count = 0
/** Posts with the current address; every response must have this status. */
const poster = Effect.fnUntraced(function* (path: string, expected: number) {
  const server = yield* Effect.context<TestServer>()
  return (address: () => string) =>
    Effect.suspend(() => post(path, { email: address(), ...(expected === 401 && { password: wrong }) })).pipe(
      Effect.tap(({ status }) => Effect.sync(() => assert.strictEqual(status, expected))),
      Effect.provide(server)
    )
})

/** A new address each time, as an attacker would try. */
const unknown = () => `unknown${++count}@example.org`

suite(TestServer.layerOn({ mailSpread: 2_000 }))("the response time", (it) => {
  it.effect(
    "of a login does not reveal whether the e-mail is known",
    () =>
      Effect.gen(function* () {
        const { email } = yield* signUp
        const logIn = yield* poster("/api/auth/login", 401)
        const { differs, found } = yield* compareTimes(
          logIn(() => email),
          logIn(unknown)
        )
        assert.isFalse(differs, `t = ${found}`)
      }),
    120_000
  )

  it.effect(
    "of a reset request does not reveal it either",
    () =>
      Effect.gen(function* () {
        const users = yield* Effect.replicateEffect(signUp, 80)
        const request = yield* poster("/api/auth/password-reset", 202)
        const { differs, found } = yield* compareTimes(
          request(() => users[++count % users.length]?.email ?? ""),
          request(unknown)
        )
        assert.isFalse(differs, `t = ${found}`)
      }),
    120_000
  )
})

/** Skips the hash if there is no account, as a careless implementation would. */
const carelessHasher = Layer.effect(
  PasswordHasher,
  Effect.map(PasswordHasher, (hasher) => ({
    ...hasher,
    verify: (stored: string | undefined, password: Redacted.Redacted) =>
      stored === undefined ? Effect.succeed(false) : hasher.verify(stored, password)
  }))
).pipe(Layer.provide(PasswordHasher.layer))

const careless = Layer.mergeAll(Passwords.layerNoDeps, Accounts.layerNoDeps).pipe(
  Layer.provide([Users.layer, Sessions.layer, PasswordResets.layer, carelessHasher]),
  Layer.provide([MailQueue.layer, AuditLog.layer, PasswordGuesses.layer]),
  Layer.provide([Mailer.layerMemory, RateLimiter.layerMemory]),
  Layer.provideMerge(testDatabase),
  Layer.provide(Settings.layerOf({ TOKEN_SECRET: "a secret of the tests, and of nobody else" })),
  Layer.provide(Layer.succeed(References.MinimumLogLevel, "Fatal" as const)),
  Layer.orDie
)

suite(careless)("the timing comparison", (it) => {
  it.effect(
    "detects a login that does less work for an unknown e-mail",
    () =>
      Effect.gen(function* () {
        const { authenticate } = yield* Passwords
        const { register } = yield* Accounts
        const decode = Schema.decodeSync(Email)
        const known = decode("known@example.org")
        yield* register({ email: known, password: Redacted.make("up, up and away 9") })
        const logIn = (email: () => Email) =>
          Effect.suspend(() => Effect.ignore(authenticate(email(), Redacted.make(wrong))))
        const { differs, found } = yield* compareTimes(
          logIn(() => known),
          logIn(() => decode(unknown()))
        )
        assert.isTrue(differs, `t = ${found}`)
      }),
    120_000
  )
})

it("Welch's t is right for known samples", () => {
  const noise = Array.from({ length: 200 }, (_, index) => (index * 7919) % 101)
  assert.strictEqual(welchT(noise, noise), 0)
  const later = noise.map((time) => time + 20)
  assert.isAbove(welchT(later, noise), threshold)
  assert.isBelow(welchT(noise, later), -threshold)
  assert.isBelow(Math.abs(welchT([...noise.slice(0, 199), 1e9], noise)), 1)
})

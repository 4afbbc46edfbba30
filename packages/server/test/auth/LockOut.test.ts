import { assert, it } from "@effect/vitest"
import { changeUser, forcePasswordReset, signUpAdmin } from "@kite/testkit/accounts/Admins"
import { type Answer, post, signUp } from "@kite/testkit/http/Client"
import { assertProblem } from "@kite/testkit/http/Problem"
import { TestServer } from "@kite/testkit/http/TestServer"
import { nextMailTo, resetTokenOf } from "@kite/testkit/mail/Mails"
import { Array, Effect } from "effect"
import { deviceOf } from "./devices/Devices.ts"

let addresses = 0

/** A login from an address of its own, so that only the limits per account apply. */
const logIn = (
  email: string,
  password: string | undefined,
  { cookie, ...headers }: Readonly<Record<string, string | undefined>> = {}
) =>
  Effect.suspend(() => {
    const address = `10.1.${++addresses >> 8}.${addresses & 255}`
    return post(
      "/api/auth/login",
      { email, password },
      { "x-forwarded-for": address, ...headers, ...(cookie !== undefined && { cookie }) }
    )
  })

const guess = (email: string, headers: Readonly<Record<string, string | undefined>> = {}) =>
  logIn(email, "not the password", headers)

const statusesOf = (answers: ReadonlyArray<Answer>) => answers.map(({ status }) => status)

/** Uses up what strangers may guess of an account, and finds it refused. */
const attack = Effect.fnUntraced(function* (email: string) {
  const answers = yield* Effect.all(Array.makeBy(11, () => guess(email)))
  assert.deepStrictEqual(statusesOf(answers), [...Array.replicate(401, 10), 429])
})

/** As the defaults, but for the address: a test needs many requests. */
const server = TestServer.layerWith({
  RATE_LIMIT_LOGIN_ACCOUNT: "10/15m",
  RATE_LIMIT_LOGIN_DEVICE: "10/15m",
  RATE_LIMIT_PASSWORD_ACCOUNT: "10/15m"
})

const live = <E>(name: string, test: () => Effect.Effect<void, E, any>) =>
  it.live(name, () => Effect.provide(test(), server) as Effect.Effect<void, E>, 60_000)

live("logins that are malformed, without a password or from a foreign origin lock no account", () =>
  Effect.gen(function* () {
    const { email, password } = yield* signUp
    for (let n = 0; n < 12; n++) {
      assert.strictEqual((yield* logIn(email, undefined)).status, 400)
      assert.strictEqual((yield* logIn(email, "")).status, 400)
      assert.strictEqual((yield* guess(email, { origin: "https://evil.example" })).status, 403)
      assert.strictEqual((yield* guess(email, { "content-type": "text/plain" })).status, 415)
    }
    const { status, headers } = yield* logIn(email, password)
    assert.strictEqual(status, 200)
    assert.include(headers.get("ratelimit") ?? "", '"login-account";r=10;')
  })
)

live("strangers get ten guesses at an account together, also while its known device logs in again and again", () =>
  Effect.gen(function* () {
    const { email, password } = yield* signUp
    const cookie = deviceOf(yield* logIn(email, password))
    yield* attack(email)
    for (let n = 0; n < 20; n++) {
      const answer = yield* logIn(email, password, { cookie })
      assert.strictEqual(answer.status, 200)
      assert.notInclude(answer.headers.get("ratelimit") ?? "", "login-account")
      assertProblem(yield* guess(email), 429, /quota-exceeded/)
    }
  })
)

live("ten guesses are all that is admitted of a hundred at once", () =>
  Effect.gen(function* () {
    const { email } = yield* signUp
    const answers = yield* Effect.all(
      Array.makeBy(100, () => guess(email)),
      { concurrency: "unbounded" }
    )
    assert.lengthOf(
      answers.filter(({ status }) => status === 401),
      10
    )
  })
)

live("a stranger's right password clears the wrong ones before it", () =>
  Effect.gen(function* () {
    const { email, password } = yield* signUp
    for (let n = 0; n < 9; n++) yield* guess(email)
    assert.strictEqual((yield* logIn(email, password)).status, 200)
    yield* attack(email)
  })
)

live("a known device has ten guesses of its own, which its own login clears", () =>
  Effect.gen(function* () {
    const { email, password } = yield* signUp
    const [cookie, other] = [deviceOf(yield* logIn(email, password)), deviceOf(yield* logIn(email, password))]
    for (let n = 0; n < 9; n++) assert.strictEqual((yield* guess(email, { cookie })).status, 401)
    assert.strictEqual((yield* logIn(email, password, { cookie })).status, 200)
    for (let n = 0; n < 10; n++) assert.strictEqual((yield* guess(email, { cookie })).status, 401)
    const refused = yield* logIn(email, password, { cookie })
    assertProblem(refused, 429, /quota-exceeded/)
    assert.deepStrictEqual(refused.json["violated-policies"], ["login-device"])
    // Neither another device nor strangers pay for it.
    assert.strictEqual((yield* logIn(email, password, { cookie: other })).status, 200)
    assert.strictEqual((yield* logIn(email, password)).status, 200)
  })
)

live("a cookie that was forged, changed or given to another account counts as a stranger's", () =>
  Effect.gen(function* () {
    const [user, thief] = [yield* signUp, yield* signUp]
    const cookie = deviceOf(yield* logIn(user.email, user.password))
    const stolen = deviceOf(yield* logIn(thief.email, thief.password))
    const [name = "", value = ""] = cookie.split("=")
    const [device = "", signature = ""] = value.split(".")
    const [, own = ""] = stolen.split(".")
    yield* attack(user.email)
    const other = (text: string) => (text.startsWith("A") ? "B" : "A") + text.slice(1)
    for (const forged of [
      stolen,
      `${name}=${device}.${own}`,
      `${name}=${other(device)}.${signature}`,
      `${name}=${device}.${other(signature)}`,
      `${name}=${device}`,
      `${name}=`,
      `kite_device=${value}`,
      `${name}=${device}${`.${own}`.repeat(100)}`
    ]) {
      const answer = yield* guess(user.email, { cookie: forged })
      assertProblem(answer, 429, /quota-exceeded/)
      assert.deepStrictEqual(answer.json["violated-policies"], ["login-account"])
    }
    assert.strictEqual((yield* guess(user.email, { cookie })).status, 401)
  })
)

live("an e-mail without an account is limited in the same way, with the same headers and without a cookie", () =>
  Effect.gen(function* () {
    const { email } = yield* signUp
    const seen = (address: string) =>
      Effect.map(Effect.all(Array.makeBy(12, () => guess(address))), (answers) =>
        answers.map(({ status, headers, json }) => [
          status,
          headers.get("ratelimit-policy"),
          headers.get("ratelimit")?.replace(/t=\d+/g, "t"),
          [...headers.keys()].sort(),
          json.type,
          headers.getSetCookie()
        ])
      )
    const known = yield* seen(email)
    assert.deepStrictEqual(yield* seen("nobody@example.org"), known)
    assert.deepStrictEqual(known[0]?.at(-1), [])
  })
)

live("a reset, a forced reset and a change of the password clear every window of the account", () =>
  Effect.gen(function* () {
    const admin = yield* signUpAdmin
    const next = "something entirely new"
    const resetByMail = Effect.fnUntraced(function* (email: string) {
      const token = resetTokenOf(yield* nextMailTo(email))
      const confirmed = yield* post("/api/auth/password-reset/confirm", { token, newPassword: next })
      assert.strictEqual(confirmed.status, 204)
    })
    const ways = {
      reset: (user: { readonly email: string }) =>
        Effect.andThen(post("/api/auth/password-reset", { email: user.email }), resetByMail(user.email)),
      "forced reset": (user: { readonly id: string }) => forcePasswordReset(admin, user.id),
      change: (user: { readonly authorization: Readonly<Record<string, string>>; readonly password: string }) =>
        post("/api/auth/password", { currentPassword: user.password, newPassword: next }, user.authorization)
    }
    for (const [name, way] of Object.entries(ways)) {
      const user = yield* signUp
      const cookie = deviceOf(yield* logIn(user.email, user.password))
      for (let n = 0; n < 10; n++) yield* guess(user.email, { cookie })
      yield* attack(user.email)
      assert.strictEqual((yield* guess(user.email, { cookie })).status, 429)
      yield* way(user)
      assert.strictEqual((yield* guess(user.email, { cookie })).status, 401, name)
      assert.strictEqual((yield* guess(user.email)).status, 401, name)
    }
  })
)

live("a request for a reset link clears nothing: anybody can send one", () =>
  Effect.gen(function* () {
    const { email } = yield* signUp
    yield* attack(email)
    yield* post("/api/auth/password-reset", { email })
    yield* nextMailTo(email)
    assert.strictEqual((yield* guess(email)).status, 429)
  })
)

live("the right password of a deactivated account counts as a wrong one", () =>
  Effect.gen(function* () {
    const admin = yield* signUpAdmin
    const { id, email, password } = yield* signUp
    yield* changeUser(admin, id, { active: false })
    const answers = yield* Effect.all(Array.makeBy(11, () => logIn(email, password)))
    assert.deepStrictEqual(statusesOf(answers), [...Array.replicate(401, 10), 429])
  })
)

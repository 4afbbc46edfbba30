import { assert, it } from "@effect/vitest"
import { audit, signUpAdmin } from "@kite/testkit/accounts/Admins"
import { type Caller, post, signUp } from "@kite/testkit/http/Client"
import { assertProblem } from "@kite/testkit/http/Problem"
import { TestServer } from "@kite/testkit/http/TestServer"
import { LogCapture } from "@kite/testkit/logging/LogCapture"
import { Array, Effect } from "effect"

const next = "something entirely new"
let addresses = 0

/** A change from an address of its own, so that only the limit per account applies. */
const change = ({ authorization }: Caller, currentPassword: string, newPassword = next) =>
  Effect.suspend(() =>
    post(
      "/api/auth/password",
      { currentPassword, newPassword },
      { ...authorization, "x-forwarded-for": `10.2.0.${++addresses}` }
    )
  )

const variables = { RATE_LIMIT_PASSWORD_ACCOUNT: "10/15m" }

it.live("a wrong current password is audited and logged as a warning, and says nothing of the password", () => {
  const capture = new LogCapture()
  return Effect.gen(function* () {
    const admin = yield* signUpAdmin
    const user = yield* signUp
    assertProblem(yield* change(user, "a wrong guess of mine"), 403, "wrong-password")
    const { json } = yield* audit(admin, { action: "password_change_failed" })
    assert.lengthOf(json.items, 1)
    assert.deepInclude(json.items[0], {
      actorId: user.id,
      subject: { type: "user", id: user.id },
      clientIp: `10.2.0.${addresses}`
    })
    const lines = capture.parsed.filter(({ event }) => event === "password_change_failed")
    assert.lengthOf(lines, 1)
    assert.deepInclude(lines[0], { level: "warn", user_id: user.id })
    assert.notInclude(capture.lines.join(), "wrong guess")
  }).pipe(Effect.provide(TestServer.layerOn({ variables, logging: capture.layer })))
})

it.live("ten wrong current passwords are all that an account gets, and it is told so", () =>
  Effect.gen(function* () {
    const [user, other] = [yield* signUp, yield* signUp]
    const answers = yield* Effect.all(
      Array.makeBy(30, () => change(user, "not the password")),
      { concurrency: "unbounded" }
    )
    assert.lengthOf(
      answers.filter(({ status }) => status === 403),
      10
    )
    const refused = yield* change(user, user.password)
    assertProblem(refused, 429, /quota-exceeded/)
    assert.deepStrictEqual(refused.json["violated-policies"], ["password-account"])
    assert.match(refused.headers.get("ratelimit") ?? "", /^"password-account";r=0;t=\d+, "auth-ip";r=\d+;t=\d+$/)
    assert.strictEqual((yield* change(other, other.password)).status, 204)
  }).pipe(Effect.provide(TestServer.layerWith(variables)))
)

it.live("a change clears the wrong current passwords; one that is refused for another reason does not count", () =>
  Effect.gen(function* () {
    const user = yield* signUp
    for (let n = 0; n < 12; n++) {
      assertProblem(yield* change(user, user.password, "password1234"), 400, "weak-password")
      assertProblem(yield* change(user, user.password, "short"), 400, "invalid-request")
    }
    for (let n = 0; n < 9; n++) yield* change(user, "not the password")
    assert.strictEqual((yield* change(user, user.password)).status, 204)
    const answers = yield* Effect.all(Array.makeBy(11, () => change(user, "not the password")))
    assert.deepStrictEqual(
      answers.map(({ status }) => status),
      [...Array.replicate(403, 10), 429]
    )
  }).pipe(Effect.provide(TestServer.layerWith(variables)))
)

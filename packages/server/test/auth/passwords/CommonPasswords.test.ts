import { assert, it } from "@effect/vitest"
import { Email } from "@kite/domain/users/Email"
import { isCommonPassword } from "@kite/server/auth/passwords/CommonPasswords"
import { checkPassword } from "@kite/server/auth/passwords/PasswordPolicy"
import { Effect, Redacted, Schema } from "effect"

const common = [
  "password1234",
  "Password2026!",
  "P@ssw0rd1234",
  "passwordpassword",
  "123456789012",
  "qwertyuiop123",
  "1q2w3e4r5t6y",
  "iloveyou1234",
  "aaaaaaaaaaaa",
  "abcabcabcabc",
  "letmeinletmein",
  "dragonmonkey",
  "!!football!!",
  "123456qwerty",
  "kitepassword",
  "passwordkite",
  "KiteKiteKite"
]
const uncommon = [
  "correct horse battery",
  "up, up and away 9",
  "correcthorsebatterystaple",
  "x9$kLmQ2vB7p",
  "mein Hund heißt Wuff",
  "🪁🦊🐝🌻🌧🔑📎🧭🪐🥨🍏🎈"
]

it("recognises common passwords, their decorations, pairs and repetitions", () => {
  for (const password of common) assert.isTrue(isCommonPassword(password), password)
})

it("recognises them in leet spelling", () => {
  for (const password of ["m0nk3ydr4g0n", "5un5h1n3dr4g0n", "b4$k3tb4lls0cc3r", "$up3rm4nb4tm4n"])
    assert.isTrue(isCommonPassword(password), password)
})

it("accepts passwords that only contain a common word", () => {
  for (const password of uncommon) assert.isFalse(isCommonPassword(password), password)
})

it.effect("refuses passwords that contain the e-mail address, or are contained in it", () =>
  Effect.gen(function* () {
    const email = yield* Schema.decodeEffect(Email)("franziska.muster@example.org")
    const check = (password: string) => Effect.isSuccess(checkPassword(Redacted.make(password), email))
    for (const password of [
      "franziska.muster@example.org",
      "Franziska.Muster@Example.org!",
      "franziska.muster",
      "franziska.muster 1",
      "muster@example.org"
    ]) {
      assert.isFalse(yield* check(password), password)
    }
    assert.isTrue(yield* check("muster of 17 guinea pigs"))
  })
)

import { WeakPassword } from "@kite/domain/auth/AuthErrors"
import type { NewPassword } from "@kite/domain/auth/Password"
import type { Email } from "@kite/domain/users/Email"
import { Effect, Redacted } from "effect"
import { isCommonPassword } from "./CommonPasswords.ts"

/** The part before the @ is refused too if it is most of the password. */
const isLikeEmail = (password: string, email: string) => {
  const [local = email] = email.split("@", 1)
  return (
    password.includes(email) ||
    email.includes(password) ||
    (password.includes(local) && local.length * 2 > password.length)
  )
}

/** OWASP ASVS 5.0 V6.2.4 and V6.2.11. The contract checks the length. */
export const checkPassword = (password: NewPassword, email: Email): Effect.Effect<void, WeakPassword> => {
  const text = Redacted.value(password)
  if (isLikeEmail(text.toLowerCase(), email)) {
    return Effect.fail(new WeakPassword({ detail: "The password must not contain the e-mail address" }))
  }
  if (isCommonPassword(text)) {
    return Effect.fail(new WeakPassword({ detail: "The password is too common" }))
  }
  return Effect.void
}

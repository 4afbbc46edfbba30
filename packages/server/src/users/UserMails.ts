import type { Mail } from "@kite/adapters/mail/Mailer"
import type { Email } from "@kite/domain/users/Email"
import { Redacted } from "effect"

/** Lines of up to 76 characters, so that they are not broken in two on their way. */
export const mail = (to: Email, subject: string, lines: ReadonlyArray<string>): Mail => ({
  to,
  subject,
  text: Redacted.make(`${lines.join("\n")}\n`)
})

/** The token is the fragment, which browsers send to no server and in no Referer. */
export const resetLink = (publicUrl: string, token: Redacted.Redacted) => `${publicUrl}/reset#${Redacted.value(token)}`

export const passwordResetMail = (to: Email, publicUrl: string, token: Redacted.Redacted) =>
  mail(to, "Reset your kite password", [
    "Somebody, hopefully you, asked to reset the password of",
    `${to}. To choose a new one, open`,
    "",
    resetLink(publicUrl, token),
    "",
    "The link works once, for one hour. If it was not you, do nothing."
  ])

export const passwordChangedMail = (to: Email) =>
  mail(to, "Your kite password was changed", [
    `The password of ${to} was changed,`,
    "and its other sessions have ended.",
    "",
    "If it was not you, reset the password at once and tell the operator",
    "of this kite."
  ])

export const tokenReuseMail = (to: Email) =>
  mail(to, "A kite session was ended for your safety", [
    `A session of ${to} was continued twice from the same`,
    "point, as happens when somebody holds a copy of its cookie. That session",
    "has ended; please log in again.",
    "",
    "If you do not know why this happened, change your password and log out",
    "everywhere."
  ])

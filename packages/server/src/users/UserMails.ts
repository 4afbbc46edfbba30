import type { Mail } from "@kite/adapters/mail/Mailer"
import type { Email } from "@kite/domain/users/Email"
import { Redacted } from "effect"

/** Lines have at most 76 characters, so that no mail program breaks them. */
const mail = (to: Email, subject: string, lines: ReadonlyArray<string>): Mail => ({
  to,
  subject,
  text: Redacted.make(`${lines.join("\n")}\n`)
})

/** The token is in the fragment, which browsers never send: to no server and in no Referer. */
const link = (publicUrl: string, page: "reset" | "invite" | "email-proof", token: Redacted.Redacted) =>
  `${publicUrl}/${page}#${Redacted.value(token)}`

export const passwordResetMail = (to: Email, publicUrl: string, token: Redacted.Redacted) =>
  mail(to, "Reset your kite password", [
    "Somebody, hopefully you, asked to reset the password of",
    `${to}. To choose a new one, open`,
    "",
    link(publicUrl, "reset", token),
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

export const forcedResetMail = (to: Email, publicUrl: string, token: Redacted.Redacted) =>
  mail(to, "Choose a new kite password", [
    `An administrator has ended all sessions of ${to},`,
    "and its password no longer works. To choose a new one, open",
    "",
    link(publicUrl, "reset", token),
    "",
    "The link works once, for one hour. Later you can ask for another one."
  ])

export const inviteMail = (to: Email, publicUrl: string, token: Redacted.Redacted) =>
  mail(to, "You are invited to kite", [
    `An administrator invites ${to} to use kite.`,
    "To create your account, open",
    "",
    link(publicUrl, "invite", token),
    "",
    "The link works once, for 7 days. If you do not want an account, do",
    "nothing."
  ])

export const emailProofMail = (to: Email, publicUrl: string, token: Redacted.Redacted) =>
  mail(to, "Confirm your e-mail address", [
    "Somebody, hopefully you, created a kite account with the address",
    `${to}. To confirm it, open`,
    "",
    link(publicUrl, "email-proof", token),
    "",
    "The link works once, for a day. If it was not you, do nothing."
  ])

export const tokenReusedMail = (to: Email) =>
  mail(to, "A kite session was ended for your safety", [
    `A refresh token of ${to} was used twice.`,
    "This can happen when somebody else has a copy of the session's cookie.",
    "The session has ended; please log in again.",
    "",
    "If you do not know why this happened, change your password and log out",
    "everywhere."
  ])
